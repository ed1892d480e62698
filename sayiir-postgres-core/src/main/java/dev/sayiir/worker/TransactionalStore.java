package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskCommit;

/**
 * Stores what comes out of tasks in the transaction of the thread that calls. Unlike what a worker does outside of those, it
 * waits for whoever is changing the instance: so that the database finds out if they wait for each other.
 *
 * @param snapshots takes part in the thread's transaction
 * @param claims takes part in the thread's transaction
 */
record TransactionalStore(SnapshotStore snapshots, TaskClaimStore claims) {

    /** Whether what this thread stores is part of its transaction. */
    boolean isInTransaction() {
        return claims.isInTransaction();
    }

    /**
     * Locks nothing, so that the claim can be renewed while the transaction lasts.
     *
     * @throws ClaimLostException if it is not held any more
     */
    void requireHeld(TaskClaim claim) {
        if (!claims.isHeld(claim)) {
            throw new ClaimLostException(claim);
        }
    }

    /** If others have changed the instance, or the transaction has itself, it is stored on top of that. */
    Stored store(PendingCommit pending) {
        while (true) {
            if (pending.isStale()) {
                pending.reload(snapshots);
            }
            try {
                return store(pending.commit());
            } catch (StaleSnapshotException e) {
                pending.becomeStale();
            }
        }
    }

    private Stored store(TaskCommit commit) {
        if (commit instanceof TaskCommit.OfTask task) {
            return Stored.of(claims.commitTask(task.claim(), task.snapshot(), task.carryOn()));
        }
        TaskCommit.OfBranchTask task = (TaskCommit.OfBranchTask) commit;
        return Stored.of(claims.commitBranchTask(task.claim(), task.outcome(), task.carryOn()));
    }
}
