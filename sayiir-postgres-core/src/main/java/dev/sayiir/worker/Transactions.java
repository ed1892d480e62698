package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** The transactions of handlers: on connections of theirs and not of the worker's, as long as the handler takes. */
final class Transactions {

    /** A transaction that takes longer is worth a warning: it keeps a connection, and what it has locked. */
    static final Duration LONG = Duration.ofSeconds(10);

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final PlatformTransactionManager manager;
    private final TransactionalStore store;
    private final Handlers handlers;
    private final Duration ttl;
    private final LongSupplier nanoTime;
    private final LogLimit tookLong = new LogLimit();

    /**
     * @param manager begins and ends them
     * @param snapshots takes part in them
     * @param claims takes part in them
     * @param handlers of which tasks the worker has some, and can carry on to
     * @param ttl for how long such a task is claimed
     * @param nanoTime measures how long they take
     */
    Transactions(
            PlatformTransactionManager manager,
            SnapshotStore snapshots,
            TaskClaimStore claims,
            Handlers handlers,
            Duration ttl,
            LongSupplier nanoTime) {
        this.manager = manager;
        this.handlers = handlers;
        this.ttl = ttl;
        this.nanoTime = nanoTime;
        this.store = new TransactionalStore(snapshots, claims);
    }

    TransactionalCall call(
            TaskHandler<?> handler,
            HeldTask held,
            Function<TaskOutcome, PendingCommit> pending,
            Function<Throwable, Ending> failed) {
        return new TransactionalCall(template(handler), store, held, pending, failed);
    }

    /** What is to be stored at the end of one. */
    PendingCommit pending(ClaimedTask task, Advance advance, BooleanSupplier mayCarryOn) {
        return new PendingCommit(task, advance, handlers, ttl, mayCarryOn);
    }

    /** Warns if it takes long, from the wait for a connection to the commit. */
    TaskOutcome timed(HeldTask held, Callable<TaskOutcome> call) throws Exception {
        long began = nanoTime.getAsLong();
        try {
            return call.call();
        } finally {
            Duration took = Duration.ofNanos(nanoTime.getAsLong() - began);
            if (took.compareTo(LONG) > 0) {
                tookLong.log(more -> log.warn(
                        "The transaction of {} took {}, for which it kept a connection and what it had locked; do what is"
                                + " slow in a task of its own, or limit the time of this one{}",
                        held,
                        took,
                        more));
            }
        }
    }

    /**
     * Never part of another one, which would end later. Of the isolation that the store requires of its server: to ask for it
     * here would be a request more.
     */
    private TransactionTemplate template(TaskHandler<?> handler) {
        TransactionTemplate template = new TransactionTemplate(manager);
        template.setName("task " + handler.taskId());
        template.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        handler.timeout().ifPresent(limit -> template.setTimeout(seconds(limit)));
        return template;
    }

    /** A statement that is under way does not heed an interrupt, but ends with the time of its transaction. */
    private static int seconds(Duration limit) {
        return (int) Math.min(limit.plusNanos(999_999_999).toSeconds(), Integer.MAX_VALUE);
    }
}
