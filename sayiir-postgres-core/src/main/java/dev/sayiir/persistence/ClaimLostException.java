package dev.sayiir.persistence;

import dev.sayiir.workflow.SayiirException;

/** A worker no longer has the task that it claimed. Nothing was written. */
public final class ClaimLostException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;
    private final String taskId;

    /** @param claim the claim that no longer counts */
    public ClaimLostException(TaskClaim claim) {
        super("Worker '" + claim.workerId() + "' no longer has task '" + claim.taskId() + "' of instance '"
                + claim.instanceId() + "': its claim " + claim.claimToken()
                + " was released, or it expired and another worker took the task over. Drop the result; whoever has the "
                + "task now does it again");
        this.instanceId = claim.instanceId();
        this.taskId = claim.taskId();
    }

    /** @return the instance */
    public String instanceId() {
        return instanceId;
    }

    /** @return the task that was claimed */
    public String taskId() {
        return taskId;
    }
}
