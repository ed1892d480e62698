package dev.sayiir.workflow;

import java.util.Arrays;

/** The five states of an instance, by the names that the status column and the snapshot format use. */
public enum WorkflowStatus {
    /** Running, or waiting for its next task, a delay or an event. */
    IN_PROGRESS("InProgress"),
    /** Stopped by request; goes on when told to. */
    PAUSED("Paused"),
    /** Finished with a result. */
    COMPLETED("Completed"),
    /** Finished with an error. */
    FAILED("Failed"),
    /** Finished by request. */
    CANCELLED("Cancelled");

    private final String text;

    WorkflowStatus(String text) {
        this.text = text;
    }

    /** @return the name in the {@code status} column and in the snapshot format */
    public String text() {
        return text;
    }

    /** @return whether an instance with this status never changes again */
    public boolean isTerminal() {
        return this == COMPLETED || this == FAILED || this == CANCELLED;
    }

    /**
     * @param text the name in the {@code status} column
     * @return the status of that name
     * @throws IllegalArgumentException if there is no such status
     */
    public static WorkflowStatus ofText(String text) {
        return Arrays.stream(values())
                .filter(status -> status.text.equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no workflow status '" + text + "'"));
    }

    @Override
    public String toString() {
        return text;
    }
}
