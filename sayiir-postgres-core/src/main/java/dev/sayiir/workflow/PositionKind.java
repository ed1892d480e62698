package dev.sayiir.workflow;

/** The kinds of {@link ExecutionPosition}, by the names that the column and the snapshot format use. */
public enum PositionKind {
    /** Nothing has run yet. */
    NOT_STARTED("NotStarted"),
    /** A task is to run, or is running. */
    AT_TASK("AtTask"),
    /** Parallel branches are under way. */
    AT_FORK("AtFork"),
    /** All branches are done; their join is to run. */
    AT_JOIN("AtJoin"),
    /** Waiting for a point in time. */
    AT_DELAY("AtDelay"),
    /** Waiting for an external event. */
    AT_SIGNAL("AtSignal"),
    /** Between two rounds of a loop. */
    IN_LOOP("InLoop");

    private final String text;

    PositionKind(String text) {
        this.text = text;
    }

    /** @return the name in the {@code position_kind} column and in the snapshot format */
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return text;
    }
}
