package dev.sayiir.persistence;

import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowStatus;

/** A finished instance was to be changed. Nothing was written. */
public final class TerminalStateException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;
    private final WorkflowStatus status;

    /**
     * @param instanceId the instance
     * @param status how it ended
     */
    public TerminalStateException(String instanceId, WorkflowStatus status) {
        super(
                "Instance '" + instanceId + "' is " + status
                        + " and does not change any more; redrive it if it is to go on, or delete it first if its id is to be used again");
        this.instanceId = instanceId;
        this.status = status;
    }

    /** @return the instance */
    public String instanceId() {
        return instanceId;
    }

    /** @return how it ended */
    public WorkflowStatus status() {
        return status;
    }
}
