package dev.sayiir.persistence;

import dev.sayiir.workflow.SayiirException;

/** The stored snapshot has moved on since the version that a save was based on. Nothing was written. */
public final class StaleSnapshotException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;
    private final long expectedVersion;
    private final long storedVersion;

    /**
     * @param instanceId the instance
     * @param expectedVersion the version that the save was based on
     * @param storedVersion the version that is stored
     */
    public StaleSnapshotException(String instanceId, long expectedVersion, long storedVersion) {
        super("Instance '" + instanceId + "' was not saved: the save is based on version " + expectedVersion
                + (expectedVersion == storedVersion
                        ? " of an earlier instance with that id, which has been deleted"
                        : ", but version " + storedVersion + " is stored")
                + "; load it and apply the change again");
        this.instanceId = instanceId;
        this.expectedVersion = expectedVersion;
        this.storedVersion = storedVersion;
    }

    /** @return the instance */
    public String instanceId() {
        return instanceId;
    }

    /** @return the version that the save was based on */
    public long expectedVersion() {
        return expectedVersion;
    }

    /** @return the version that is stored */
    public long storedVersion() {
        return storedVersion;
    }
}
