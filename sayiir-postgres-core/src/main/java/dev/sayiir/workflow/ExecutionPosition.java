package dev.sayiir.workflow;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Where in its workflow an instance stands. */
public sealed interface ExecutionPosition {

    /** @return which of the seven positions this is */
    PositionKind kind();

    /** @return the task, fork, join, delay, wait or loop that it is at; empty if nothing has run yet */
    Optional<String> nodeId();

    /** Nothing has run yet. */
    record NotStarted() implements ExecutionPosition {
        @Override
        public PositionKind kind() {
            return PositionKind.NOT_STARTED;
        }

        @Override
        public Optional<String> nodeId() {
            return Optional.empty();
        }
    }

    /**
     * A task is to run, or is running.
     *
     * @param taskId the task
     */
    record AtTask(String taskId) implements ExecutionPosition {
        /** @throws IllegalArgumentException if the id is not valid */
        public AtTask {
            Identifiers.requireTaskId(taskId);
        }

        @Override
        public PositionKind kind() {
            return PositionKind.AT_TASK;
        }

        @Override
        public Optional<String> nodeId() {
            return Optional.of(taskId);
        }
    }

    /**
     * Parallel branches are under way, or parked until a time.
     *
     * @param forkId the fork, 1 to {@value Identifiers#MAX_FORK_ID_BYTES} bytes
     * @param completedBranches results of the branches that are done, by branch label
     * @param wakeAt when to look at the branches again
     */
    record AtFork(String forkId, Map<String, TaskResult> completedBranches, Instant wakeAt)
            implements ExecutionPosition {
        /** @throws IllegalArgumentException if an id or a label is not valid */
        public AtFork {
            Identifiers.requireForkId(forkId);
            completedBranches = branches(completedBranches);
            Ranges.requireWritable("wakeAt", wakeAt);
        }

        @Override
        public PositionKind kind() {
            return PositionKind.AT_FORK;
        }

        @Override
        public Optional<String> nodeId() {
            return Optional.of(forkId);
        }
    }

    /**
     * All branches are done; their join is to run.
     *
     * @param joinId the join
     * @param completedBranches results of the branches, by branch label
     */
    record AtJoin(String joinId, Map<String, TaskResult> completedBranches) implements ExecutionPosition {
        /** @throws IllegalArgumentException if an id or a label is not valid */
        public AtJoin {
            Identifiers.requireTaskId(joinId);
            completedBranches = branches(completedBranches);
        }

        @Override
        public PositionKind kind() {
            return PositionKind.AT_JOIN;
        }

        @Override
        public Optional<String> nodeId() {
            return Optional.of(joinId);
        }
    }

    /**
     * Waiting for a point in time.
     *
     * @param delayId the delay
     * @param enteredAt when the wait began
     * @param wakeAt when it ends
     * @param nextTaskId what runs then; empty if the workflow ends with it
     */
    record AtDelay(String delayId, Instant enteredAt, Instant wakeAt, Optional<String> nextTaskId)
            implements ExecutionPosition {
        /** @throws IllegalArgumentException if an id is not valid */
        public AtDelay {
            Identifiers.requireTaskId(delayId);
            Ranges.requireWritable("enteredAt", enteredAt);
            Ranges.requireWritable("wakeAt", wakeAt);
            nextTaskId.ifPresent(Identifiers::requireTaskId);
        }

        @Override
        public PositionKind kind() {
            return PositionKind.AT_DELAY;
        }

        @Override
        public Optional<String> nodeId() {
            return Optional.of(delayId);
        }
    }

    /**
     * Waiting for an external event.
     *
     * @param signalId the wait
     * @param signalName the name of the event that ends it
     * @param wakeAt when the wait times out; empty if never
     * @param nextTaskId what runs then; empty if the workflow ends with it
     */
    record AtSignal(String signalId, String signalName, Optional<Instant> wakeAt, Optional<String> nextTaskId)
            implements ExecutionPosition {
        /** @throws IllegalArgumentException if an id or the name is not valid */
        public AtSignal {
            Identifiers.requireTaskId(signalId);
            Identifiers.requireName("signal name", signalName);
            wakeAt.ifPresent(at -> Ranges.requireWritable("wakeAt", at));
            nextTaskId.ifPresent(Identifiers::requireTaskId);
        }

        @Override
        public PositionKind kind() {
            return PositionKind.AT_SIGNAL;
        }

        @Override
        public Optional<String> nodeId() {
            return Optional.of(signalId);
        }
    }

    /**
     * Between two rounds of a loop.
     *
     * @param loopId the loop
     * @param iteration the round, 0 to 4,294,967,295
     * @param nextTaskId what runs after the loop; empty if the workflow ends with it
     */
    record InLoop(String loopId, long iteration, Optional<String> nextTaskId) implements ExecutionPosition {
        /** @throws IllegalArgumentException if an id is not valid or the round out of its range */
        public InLoop {
            Identifiers.requireTaskId(loopId);
            Ranges.requireUnsigned32("iteration", iteration);
            nextTaskId.ifPresent(Identifiers::requireTaskId);
        }

        @Override
        public PositionKind kind() {
            return PositionKind.IN_LOOP;
        }

        @Override
        public Optional<String> nodeId() {
            return Optional.of(loopId);
        }
    }

    private static Map<String, TaskResult> branches(Map<String, TaskResult> branches) {
        branches.keySet().forEach(label -> Identifiers.requireName("branch label", label));
        return Collections.unmodifiableMap(new LinkedHashMap<>(branches));
    }
}
