package dev.sayiir.persistence;

import dev.sayiir.workflow.SayiirException;

/** An instance cannot go on, or be forked, in the way that was asked for. Nothing was written. */
public final class RepairRefusedException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;

    /**
     * @param instanceId the instance
     * @param reason why not and what to do, to follow the name of the instance
     */
    public RepairRefusedException(String instanceId, String reason) {
        super("Instance '" + instanceId + "' " + reason);
        this.instanceId = instanceId;
    }

    /** @return the instance */
    public String instanceId() {
        return instanceId;
    }
}
