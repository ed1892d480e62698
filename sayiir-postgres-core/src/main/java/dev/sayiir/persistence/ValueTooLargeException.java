package dev.sayiir.persistence;

import dev.sayiir.workflow.SayiirException;

/** An input, an output, an event or a text is larger than it may be. Nothing was written. The message never shows content. */
public final class ValueTooLargeException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;
    private final long bytes;
    private final long limit;

    /**
     * @param instanceId the instance
     * @param value what it is, as in a sentence
     * @param bytes its size
     * @param limit the size that it may have
     * @param advice what to do
     */
    ValueTooLargeException(String instanceId, String value, long bytes, long limit, String advice) {
        super("Instance '" + instanceId + "': the " + value + " has " + bytes + " bytes, and the limit is " + limit
                + ". Nothing was written. " + advice);
        this.instanceId = instanceId;
        this.bytes = bytes;
        this.limit = limit;
    }

    /** @return the instance */
    public String instanceId() {
        return instanceId;
    }

    /** @return the size of the value */
    public long bytes() {
        return bytes;
    }

    /** @return the size that it may have */
    public long limit() {
        return limit;
    }
}
