package dev.sayiir.workflow;

import dev.sayiir.workflow.ExecutionPosition.AtFork;
import java.time.Instant;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What an instance is doing, or how it ended. */
public sealed interface WorkflowState {

    /** @return the status that belongs to this state */
    WorkflowStatus status();

    /** @return the results that this state carries; none for an instance that completed or failed */
    default CompletedTasks completedTasks() {
        return CompletedTasks.none();
    }

    /**
     * For stores, which keep results apart from the rest of a state.
     *
     * @param results the results to carry, if this is a state that carries any
     * @param lastCompletedTaskId the task that was done last, if any
     * @return the same state with these
     */
    default WorkflowState withResults(CompletedTasks results, Optional<String> lastCompletedTaskId) {
        return this;
    }

    /**
     * For stores, which keep what belongs to the branches of a fork apart from the rest of a state.
     *
     * @param change what to do to the position
     * @return the same state with what comes of it, if it stands at a fork
     */
    default WorkflowState withFork(UnaryOperator<AtFork> change) {
        return this;
    }

    /**
     * Running or waiting.
     *
     * @param position where it stands
     * @param completedTasks what has been done so far
     * @param lastCompletedTaskId the task that was done last, if any
     */
    record InProgress(ExecutionPosition position, CompletedTasks completedTasks, Optional<String> lastCompletedTaskId)
            implements WorkflowState {
        /** @throws IllegalArgumentException if the id is not valid */
        public InProgress {
            lastCompletedTaskId.ifPresent(Identifiers::requireTaskId);
        }

        @Override
        public WorkflowStatus status() {
            return WorkflowStatus.IN_PROGRESS;
        }

        @Override
        public WorkflowState withResults(CompletedTasks results, Optional<String> last) {
            return new InProgress(position, results, last);
        }

        @Override
        public WorkflowState withFork(UnaryOperator<AtFork> change) {
            return position instanceof AtFork fork
                    ? new InProgress(change.apply(fork), completedTasks, lastCompletedTaskId)
                    : this;
        }

        Paused pausedBy(Optional<String> reason, Optional<String> requester, Instant at) {
            return new Paused(reason, requester, at, completedTasks, position, lastCompletedTaskId);
        }
    }

    /**
     * Finished with a result.
     *
     * @param finalOutput the result of the workflow
     */
    record Completed(Payload finalOutput) implements WorkflowState {
        @Override
        public WorkflowStatus status() {
            return WorkflowStatus.COMPLETED;
        }
    }

    /**
     * Finished with an error.
     *
     * @param error what went wrong
     */
    record Failed(String error) implements WorkflowState {
        /** @throws IllegalArgumentException if the text cannot be stored */
        public Failed {
            Identifiers.requireText("error", error);
        }

        @Override
        public WorkflowStatus status() {
            return WorkflowStatus.FAILED;
        }
    }

    /**
     * Finished by request.
     *
     * @param reason why, if said
     * @param cancelledBy who asked, if said
     * @param cancelledAt when
     * @param completedTasks what had been done by then
     * @param interruptedAtTask the task that was under way, if any
     */
    record Cancelled(
            Optional<String> reason,
            Optional<String> cancelledBy,
            Instant cancelledAt,
            CompletedTasks completedTasks,
            Optional<String> interruptedAtTask)
            implements WorkflowState {
        /** @throws IllegalArgumentException if a text cannot be stored or the id is not valid */
        public Cancelled {
            reason.ifPresent(text -> Identifiers.requireText("reason", text));
            cancelledBy.ifPresent(text -> Identifiers.requireText("requester", text));
            Ranges.requireWritable("cancelledAt", cancelledAt);
            interruptedAtTask.ifPresent(Identifiers::requireTaskId);
        }

        @Override
        public WorkflowStatus status() {
            return WorkflowStatus.CANCELLED;
        }

        @Override
        public WorkflowState withResults(CompletedTasks results, Optional<String> last) {
            return new Cancelled(reason, cancelledBy, cancelledAt, results, interruptedAtTask);
        }
    }

    /**
     * Stopped by request, to go on later.
     *
     * @param reason why, if said
     * @param pausedBy who asked, if said
     * @param pausedAt when
     * @param completedTasks what has been done so far
     * @param position where it goes on
     * @param lastCompletedTaskId the task that was done last, if any
     */
    record Paused(
            Optional<String> reason,
            Optional<String> pausedBy,
            Instant pausedAt,
            CompletedTasks completedTasks,
            ExecutionPosition position,
            Optional<String> lastCompletedTaskId)
            implements WorkflowState {
        /** @throws IllegalArgumentException if a text cannot be stored or the id is not valid */
        public Paused {
            reason.ifPresent(text -> Identifiers.requireText("reason", text));
            pausedBy.ifPresent(text -> Identifiers.requireText("requester", text));
            Ranges.requireWritable("pausedAt", pausedAt);
            lastCompletedTaskId.ifPresent(Identifiers::requireTaskId);
        }

        @Override
        public WorkflowStatus status() {
            return WorkflowStatus.PAUSED;
        }

        @Override
        public WorkflowState withResults(CompletedTasks results, Optional<String> last) {
            return new Paused(reason, pausedBy, pausedAt, results, position, last);
        }

        @Override
        public WorkflowState withFork(UnaryOperator<AtFork> change) {
            return position instanceof AtFork fork
                    ? new Paused(reason, pausedBy, pausedAt, completedTasks, change.apply(fork), lastCompletedTaskId)
                    : this;
        }

        InProgress resumed() {
            return new InProgress(position, completedTasks, lastCompletedTaskId);
        }
    }
}
