package dev.sayiir.worker;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WorkflowQuery;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has tasks blocked that nobody takes, since their handler is gone; and lets go on those that were blocked so and that this
 * worker has a handler of; once, if it is to, also what other builds have refused. Nobody would hear of them otherwise, as no worker asks for what it has no handler of.
 */
final class Unhandled {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskClaimStore claims;
    private final Optional<RepairStore> repairs;
    private final ClaimQuery query;
    private final Outage outage;
    private final OneAtATime oneAtATime;
    private final NextPoll nextPoll;
    private boolean triesBlocked;
    private final LogLimit failed = new LogLimit();

    /**
     * @param repairs lets blocked tasks go on; nothing if it is empty
     * @param query what the worker asks for
     * @param triesBlocked whether to let go on, once, what other builds have refused
     */
    Unhandled(
            TaskClaimStore claims,
            Optional<RepairStore> repairs,
            ClaimQuery query,
            Outage outage,
            OneAtATime oneAtATime,
            NextPoll nextPoll,
            boolean triesBlocked) {
        this.claims = claims;
        this.repairs = repairs;
        this.query = query;
        this.outage = outage;
        this.oneAtATime = oneAtATime;
        this.nextPoll = nextPoll;
        this.triesBlocked = triesBlocked;
    }

    void look() {
        if (outage.isOn()) {
            return;
        }
        try {
            if (repairs.isPresent()) {
                if (triesBlocked) {
                    unblock(repairs.get(), own().exceptBuild(query.build().orElseThrow()), "another build tries it");
                    triesBlocked = false;
                }
                unblock(repairs.get(), own().because(BlockReason.NO_HANDLER), "a worker has a handler of it");
            }
            int blocked = oneAtATime.call(() -> claims.blockUnhandledTasks(query));
            if (blocked > 0) {
                log.error(
                        "{} tasks of {} are blocked: they have been due for {}, and no worker has a handler of them",
                        blocked,
                        query.definitions().orElseThrow(),
                        query.blockAfter());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the worker stops
        } catch (RuntimeException | Error e) {
            if (!outage.isAway(e)) {
                failed.log(more -> log.warn(
                        "Tasks without a handler could not be looked for, and are looked for again: {}{}",
                        StoreFailures.describe(e),
                        more));
            }
        }
    }

    private BlockedQuery own() {
        return BlockedQuery.all()
                .ofDefinitions(query.definitions().orElseThrow())
                .atTasks(query.taskIds().orElseThrow())
                .limit(WorkflowQuery.MAX_LIMIT);
    }

    private void unblock(RepairStore store, BlockedQuery which, String why) throws InterruptedException {
        SignalRequest request = SignalRequest.of(why, query.workerId());
        int all = 0;
        int unblocked;
        do {
            unblocked = oneAtATime.call(() -> store.unblock(which, request));
            all += unblocked;
        } while (unblocked == which.limit());
        if (all > 0) {
            log.info("{} blocked tasks go on: {}", all, why);
            nextPoll.hint();
        }
    }
}
