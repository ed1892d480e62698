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
     * Parallel branches are under way.
     *
     * <p>Branches that a store shares out among workers are named in {@code branches}; when all of them are done, the task
     * {@code forkId}, which joins them, can be claimed. Without such branches this is a fork of Sayiir's own: somebody else
     * runs the branches, and it is parked until a time.
     *
     * <p>A branch that has no input of its own is given the output of the task {@code afterTaskId}, which is not copied.
     *
     * @param forkId the fork, 1 to {@value Identifiers#MAX_FORK_ID_BYTES} bytes
     * @param completedBranches results of the branches that are done, by branch label
     * @param wakeAt when to look at the branches again, if {@code branches} does not say what they are
     * @param branches the branches to be shared out, by label; not part of Sayiir's format, whose readers pass over it
     * @param afterTaskId the task that was done before the fork; if there is none, or it is not done, those branches are given
     *     the input of the workflow. Not part of Sayiir's format either
     */
    record AtFork(
            String forkId,
            Map<String, TaskResult> completedBranches,
            Instant wakeAt,
            Map<String, Branch> branches,
            Optional<String> afterTaskId)
            implements ExecutionPosition {
        /** @throws IllegalArgumentException if an id or a label is not valid, or two branches begin with the same task */
        public AtFork {
            Identifiers.requireForkId(forkId);
            completedBranches = byLabel(completedBranches);
            Ranges.requireWritable("wakeAt", wakeAt);
            branches = byLabel(branches);
            afterTaskId.ifPresent(Identifiers::requireTaskId);
            if (branches.values().stream().map(Branch::taskId).distinct().count() < branches.size()
                    || branches.values().stream().map(Branch::taskId).anyMatch(forkId::equals)) {
                throw new IllegalArgumentException("The branches of fork '" + forkId
                        + "' and the task that joins them must be different tasks; give each one of its own");
            }
        }

        /**
         * A fork whose branches somebody else runs.
         *
         * @param forkId the fork
         * @param completedBranches results of the branches that are done, by branch label
         * @param wakeAt when to look at the branches again
         */
        public AtFork(String forkId, Map<String, TaskResult> completedBranches, Instant wakeAt) {
            this(forkId, completedBranches, wakeAt, Map.of(), Optional.empty());
        }

        /** If one of them begins with the task before, whose output that withdraws, each gets it as an input of its own. */
        static AtFork begin(WorkflowSnapshot from, String joinTaskId, Map<String, Branch> branches) {
            Optional<String> after = from.lastCompletedTaskId().filter(from.completedTasks()::contains);
            if (branches.values().stream().noneMatch(branch -> after.equals(Optional.of(branch.taskId())))) {
                return new AtFork(joinTaskId, Map.of(), from.updatedAt(), branches, after);
            }
            Optional<Payload> output = after.flatMap(from.completedTasks()::output);
            Map<String, Branch> given = new LinkedHashMap<>();
            branches.forEach((label, branch) ->
                    given.put(label, new Branch(branch.taskId(), branch.input().or(() -> output))));
            return new AtFork(joinTaskId, Map.of(), from.updatedAt(), given, Optional.empty());
        }

        @Override
        public PositionKind kind() {
            return PositionKind.AT_FORK;
        }

        @Override
        public Optional<String> nodeId() {
            return Optional.of(forkId);
        }

        /** @return the branches that are not done yet, by label */
        public Map<String, Branch> openBranches() {
            Map<String, Branch> open = new LinkedHashMap<>(branches);
            open.keySet().removeAll(completedBranches.keySet());
            return Collections.unmodifiableMap(open);
        }

        /**
         * For stores, which add the results of branches one by one.
         *
         * @param results what further branches ended with, by label
         * @return the same position with these
         */
        public AtFork withBranchResults(Map<String, TaskResult> results) {
            Map<String, TaskResult> all = new LinkedHashMap<>(completedBranches);
            all.putAll(results);
            return new AtFork(forkId, all, wakeAt, branches, afterTaskId);
        }

        /** Whether this is the same round of the same fork, seen later: branches that are done stay done. */
        boolean isLaterThan(AtFork before) {
            return forkId.equals(before.forkId)
                    && wakeAt.equals(before.wakeAt)
                    && branches.equals(before.branches)
                    && afterTaskId.equals(before.afterTaskId)
                    && completedBranches.entrySet().containsAll(before.completedBranches.entrySet());
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
            completedBranches = byLabel(completedBranches);
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

    private static <T> Map<String, T> byLabel(Map<String, T> branches) {
        branches.keySet().forEach(label -> Identifiers.requireName("branch label", label));
        return Collections.unmodifiableMap(new LinkedHashMap<>(branches));
    }
}
