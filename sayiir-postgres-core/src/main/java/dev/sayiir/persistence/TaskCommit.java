package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.Optional;

/** What came out of a claimed task, to be stored together with what came out of others. */
public sealed interface TaskCommit {

    /** @return the claim on the task */
    TaskClaim claim();

    /** @return for how long to claim the next task; empty to leave it to whoever asks first */
    Optional<Duration> carryOn();

    /**
     * Of a task on the main line of its instance, or one that ends it from within a branch.
     *
     * @param claim the claim on the task
     * @param snapshot the instance as it is to be: made from a snapshot that was loaded or saved while the task was held
     * @param carryOn for how long to claim the next task; empty to leave it to whoever asks first
     */
    record OfTask(TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn) implements TaskCommit {

        /**
         * @throws IllegalArgumentException if the snapshot is of another instance or was never stored, does not end the
         *     workflow although the task is part of a branch, or the duration is out of its range
         */
        public OfTask {
            Claims.requireCommittable(claim, snapshot);
            carryOn.ifPresent(ttl -> ClaimQuery.requireDuration("ttl", ttl));
        }
    }

    /**
     * Of a task of a branch.
     *
     * @param claim the claim on the task, which has a {@link TaskClaim#branch() branch}
     * @param outcome what came out of it
     * @param carryOn for how long to claim the next task of the branch; empty to leave it to whoever asks first
     */
    record OfBranchTask(TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn) implements TaskCommit {

        /** @throws IllegalArgumentException if the task is not part of a branch, or the duration is out of its range */
        public OfBranchTask {
            Claims.requireBranch(claim);
            carryOn.ifPresent(ttl -> ClaimQuery.requireDuration("ttl", ttl));
        }
    }
}
