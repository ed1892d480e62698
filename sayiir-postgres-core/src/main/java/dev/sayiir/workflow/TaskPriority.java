package dev.sayiir.workflow;

/** How urgent an instance's tasks are. Lower levels are dispatched first. */
public enum TaskPriority {
    /** Level 1: before everything else. */
    CRITICAL(1),
    /** Level 2. */
    HIGH(2),
    /** Level 3: what an instance has unless told otherwise. */
    NORMAL(3),
    /** Level 4. */
    LOW(4),
    /** Level 5: when nothing else is due. */
    MINIMAL(5);

    private final int level;

    TaskPriority(int level) {
        this.level = level;
    }

    /** @return 1 (critical) to 5 (minimal): the number in the column and in the snapshot format */
    public int level() {
        return level;
    }

    /**
     * @param level 1 (critical) to 5 (minimal)
     * @return the priority of that level
     * @throws IllegalArgumentException if there is no such level
     */
    public static TaskPriority ofLevel(int level) {
        for (TaskPriority priority : values()) {
            if (priority.level == level) {
                return priority;
            }
        }
        throw new IllegalArgumentException("Priority " + level + " does not exist; use 1 (critical) to 5 (minimal)");
    }
}
