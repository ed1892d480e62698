package dev.sayiir.persistence;

import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowStatus;

/** An instance cannot be cancelled, paused or resumed in the state that it is in. Nothing was written. */
public final class SignalRefusedException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;
    private final WorkflowStatus status;

    private SignalRefusedException(String instanceId, WorkflowStatus status, String message) {
        super(message);
        this.instanceId = instanceId;
        this.status = status;
    }

    /**
     * @param instanceId the instance
     * @param kind what was asked for
     * @param status the state that does not allow it
     * @return the exception
     */
    public static SignalRefusedException of(String instanceId, SignalKind kind, WorkflowStatus status) {
        String what = kind == SignalKind.CANCEL ? "cancelled" : "paused";
        return new SignalRefusedException(
                instanceId,
                status,
                "Instance '" + instanceId + "' cannot be " + what + " because it is " + status
                        + " and does not change any more");
    }

    /**
     * @param instanceId the instance
     * @param status the state, which is not Paused
     * @return the exception
     */
    public static SignalRefusedException notPaused(String instanceId, WorkflowStatus status) {
        return new SignalRefusedException(
                instanceId,
                status,
                "Instance '" + instanceId + "' cannot be resumed because it is not paused but " + status
                        + "; look at its status first");
    }

    /** @return the instance */
    public String instanceId() {
        return instanceId;
    }

    /** @return the state that did not allow it */
    public WorkflowStatus status() {
        return status;
    }
}
