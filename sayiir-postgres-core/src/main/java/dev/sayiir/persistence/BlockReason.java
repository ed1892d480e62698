package dev.sayiir.persistence;

/** Why a worker cannot do a task, which is no failure of the workflow itself. */
public enum BlockReason {
    /** What is stored of the instance cannot be decoded. */
    UNREADABLE_SNAPSHOT("unreadable-snapshot"),
    /** The input cannot be read as what the handler takes. */
    UNREADABLE_INPUT("unreadable-input"),
    /** What the handler gave back cannot be written, or is too large to be stored. */
    UNWRITABLE_OUTPUT("unwritable-output"),
    /** There is no handler of the task. */
    NO_HANDLER("no-handler"),
    /** The task's process died, or lost its claim, again and again. */
    CRASHES("crashes"),
    /** The task failed as often as it may, and is to be looked at instead of failing its workflow. */
    FAILURES("failures");

    private final String text;

    BlockReason(String text) {
        this.text = text;
    }

    /** @return the name in the {@code refusal} column */
    public String text() {
        return text;
    }

    /**
     * @param text the name in the {@code refusal} column
     * @return the reason of that name
     * @throws IllegalArgumentException if there is no such reason
     */
    public static BlockReason ofText(String text) {
        for (BlockReason reason : values()) {
            if (reason.text.equals(text)) {
                return reason;
            }
        }
        throw new IllegalArgumentException("There is no reason '" + text + "' for a task to be blocked");
    }

    @Override
    public String toString() {
        return text;
    }
}
