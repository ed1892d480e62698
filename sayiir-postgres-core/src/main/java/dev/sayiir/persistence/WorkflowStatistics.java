package dev.sayiir.persistence;

import java.util.List;

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

    /**
     * Counts what is to be run, or running, by workflow and task: what a build has to be able to do. Blocked tasks count too;
     * delays and waits do not. Reads every open task.
     *
     * @return the counts, in the order of workflow and task
     */
    List<OpenTasks> countOpenTasks();
}
