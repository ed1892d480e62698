package dev.sayiir.persistence;

/** Counts what there is, for monitoring. What it costs depends on what is open, not on how many instances are finished. */
public interface WorkflowStatistics {

    /**
     * Counts in one go, so that the figures fit together.
     *
     * <pre>{@code
     * WorkflowFigures now = statistics.currentFigures();
     * log.info("{} tasks are ready, the oldest for {}", now.readyTasks(), now.oldestReadyAge());
     * }</pre>
     *
     * @return the figures of this moment
     */
    WorkflowFigures currentFigures();
}
