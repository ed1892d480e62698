package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.worker.Workflow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;

/**
 * A deployment that goes wrong, and its repair: a build whose JSON has other names, so that it can read none of the orders
 * that are stored.
 */
final class BadDeploy implements AutoCloseable {

    /** How many orders come meanwhile. */
    static final int ORDERS = 50;

    /** The first one of an order, so the bad build does nothing at all. */
    static final String TASK = "receive";

    private static final Map<String, String> MISTAKE = Map.of(
            "spring.jackson.property-naming-strategy", "SNAKE_CASE",
            "sayiir.postgres.worker.build-id", "bad",
            // There is no other build that could do them.
            "sayiir.postgres.worker.block-after", "1s");

    private final Run run;
    private final DatabaseSettings database;
    private final Options options;
    private final RepairStore repairs;
    private final Workflow workflow;
    private Optional<WorkerProcess> worker = Optional.empty();
    private boolean closed;

    BadDeploy(Run run, DatabaseSettings database, Options options, RepairStore repairs, Workflow workflow) {
        this.run = run;
        this.database = database;
        this.options = options;
        this.repairs = repairs;
        this.workflow = workflow;
    }

    /** Starts a worker of the bad build. */
    synchronized void deploy() {
        if (closed) {
            return;
        }
        try {
            worker = Optional.of(WorkerProcess.start(run.badWorkerId(), run, database, options.withSpring(MISTAKE)));
        } catch (IOException e) {
            throw new UncheckedIOException("Java does not start the bad build", e);
        }
    }

    /** Lets all go on that it has blocked. To be called when a build is at work that can do them. */
    void repair() {
        BlockedQuery unreadable =
                BlockedQuery.all().ofDefinition(workflow.name()).atTask(TASK).because(BlockReason.UNREADABLE_INPUT);
        SignalRequest request = SignalRequest.of("JSON has its old names again", "Grace");
        while (repairs.unblock(unreadable, request) > 0) {
            // There may be more.
        }
    }

    /** Stops the worker of the bad build; none is started after that. */
    @Override
    public synchronized void close() {
        closed = true;
        worker.ifPresent(WorkerProcess::stop);
        worker = Optional.empty();
    }
}
