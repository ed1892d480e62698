package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowStatus;

/** What an instance can be asked to do. */
public enum SignalKind {
    /** End, whatever it is doing. */
    CANCEL(WorkflowStatus.CANCELLED),
    /** Stop until it is told to go on. */
    PAUSE(WorkflowStatus.PAUSED);

    private final WorkflowStatus statusAfter;

    SignalKind(WorkflowStatus statusAfter) {
        this.statusAfter = statusAfter;
    }

    /** @return the status of an instance that has done it */
    public WorkflowStatus statusAfter() {
        return statusAfter;
    }

    /**
     * @param status the status of an instance
     * @return whether such an instance can do it
     */
    public boolean isOpenTo(WorkflowStatus status) {
        return status == WorkflowStatus.IN_PROGRESS || (this == CANCEL && status == WorkflowStatus.PAUSED);
    }
}
