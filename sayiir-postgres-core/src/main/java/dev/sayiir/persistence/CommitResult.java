package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Optional;

/** What became of one {@link TaskCommit}, whatever became of those that were stored together with it. */
public sealed interface CommitResult {

    /**
     * It is stored.
     *
     * @param snapshot the instance as it is stored now; empty for a task of a branch, whose siblings may have changed it
     * @param next the claim on the task that comes next, if it was carried on to it
     * @param mayBeDue whether something of the instance may be due now that nobody has claimed
     */
    record Stored(Optional<WorkflowSnapshot> snapshot, Optional<TaskClaim> next, boolean mayBeDue)
            implements CommitResult {

        /**
         * @param task a task that was committed by itself
         * @return the same as one of several
         */
        public static Stored of(CommittedTask task) {
            boolean mayBeDue = task.next().isEmpty() && Claims.mayBeDue(task.snapshot());
            return new Stored(Optional.of(task.snapshot()), task.next(), mayBeDue);
        }

        /**
         * @param task a task of a branch that was committed by itself
         * @return the same as one of several
         */
        public static Stored of(CommittedBranchTask task) {
            return new Stored(Optional.empty(), task.next(), task.next().isEmpty());
        }
    }

    /** Somebody else is changing the instance at this moment, and nothing was written: it is to be tried again. */
    record Locked() implements CommitResult {}

    /**
     * Nothing was written, as far as is known.
     *
     * @param reason what {@link TaskClaimStore#commitTask} would throw: a lost claim, a newer version, an end, an instance
     *     that is gone, a value that is too large, or a failure of the database
     */
    record NotStored(RuntimeException reason) implements CommitResult {}
}
