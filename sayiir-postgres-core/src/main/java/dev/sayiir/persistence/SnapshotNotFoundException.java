package dev.sayiir.persistence;

import dev.sayiir.workflow.SayiirException;

/** There is no such instance, or not the version of it that was asked for. */
public final class SnapshotNotFoundException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;

    /** @param instanceId the instance that is not there */
    public SnapshotNotFoundException(String instanceId) {
        this(instanceId, "Instance '" + instanceId + "' was not found; it was never created, or has been deleted");
    }

    /**
     * @param instanceId the instance
     * @param message what is not there, and what to do
     */
    public SnapshotNotFoundException(String instanceId, String message) {
        super(message);
        this.instanceId = instanceId;
    }

    /** @return the instance that was asked for */
    public String instanceId() {
        return instanceId;
    }
}
