package dev.sayiir.persistence;

/** What a store says of a task. */
public enum TaskStatus {
    /** To be run, or running. */
    ACTIVE("active"),
    /** Waits for a time or an event. */
    WAITING("waiting"),
    /** Cannot be done, and is not tried until it is unblocked. */
    BLOCKED("blocked"),
    /** Done, with a result that counts. */
    COMPLETED("completed"),
    /** Failed for good, and its instance with it. */
    FAILED("failed"),
    /** Left when its instance was cancelled. */
    CANCELLED("cancelled"),
    /** Left without a result that counts. */
    SKIPPED("skipped");

    private final String text;

    TaskStatus(String text) {
        this.text = text;
    }

    /** @return the name in the {@code status} column of the view of all tasks */
    public String text() {
        return text;
    }

    /** @return whether there is still something to do, or to wait for */
    public boolean isOpen() {
        return this == ACTIVE || this == WAITING || this == BLOCKED;
    }

    /**
     * @param text the name in the {@code status} column
     * @return the status of that name
     * @throws IllegalArgumentException if there is no such status
     */
    public static TaskStatus ofText(String text) {
        for (TaskStatus status : values()) {
            if (status.text.equals(text)) {
                return status;
            }
        }
        throw new IllegalArgumentException("There is no task status '" + text + "'");
    }

    @Override
    public String toString() {
        return text;
    }
}
