package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;

/** Every pair of operations at the same moment on the same instances, on a server that looks for deadlocks all the time. */
@Tag("slow")
class DeadlockStormTest {

    private static final Duration LENGTH = Duration.ofSeconds(30);
    private static final int INSTANCES = 10;
    private static final int PAIRS_AT_ONCE = 4;

    private final Logger logger = (Logger) LoggerFactory.getLogger(TransientFailures.class);
    private final ListAppender<ILoggingEvent> retries = new ListAppender<>();
    private final Map<String, AtomicInteger> refused = new ConcurrentHashMap<>();
    private final Set<List<Operation>> met = ConcurrentHashMap.newKeySet();
    private final Queue<Exception> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger done = new AtomicInteger();

    @Test
    void R14_no_two_operations_deadlock() throws Exception {
        retries.start();
        logger.setLevel(Level.DEBUG);
        logger.setAdditive(false);
        logger.addAppender(retries);
        try (Database database = PostgresServer.of(17).newDatabase()) {
            HikariConfig config = database.poolConfig(database.url() + "?options=-c%20deadlock_timeout=10ms");
            config.setMaximumPoolSize(2 * PAIRS_AT_ONCE);
            try (HikariDataSource pool = new HikariDataSource(config)) {
                storm(PostgresBackend.builder(pool).build());
            }
            assertThat(failures).isEmpty();
            System.out.println(done + " operations, refused: " + refused);
            assertThat(met).hasSameSizeAs(pairs());
            assertThat(retries.list).as("operations tried again").isEmpty();
            assertThat(new JdbcTemplate(database.dataSource())
                            .queryForObject(
                                    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
                                    Long.class))
                    .isZero();
        } finally {
            logger.detachAppender(retries);
            logger.setAdditive(true);
            logger.setLevel(null);
        }
    }

    private void storm(PostgresBackend backend) throws Exception {
        long end = System.nanoTime() + LENGTH.toNanos();
        ExecutorService threads = Executors.newFixedThreadPool(2 * PAIRS_AT_ONCE);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < PAIRS_AT_ONCE; i++) {
                List<List<Operation>> pairs = pairs();
                Collections.rotate(pairs, i * pairs.size() / PAIRS_AT_ONCE);
                AtomicInteger rounds = new AtomicInteger(-1);
                AtomicBoolean over = new AtomicBoolean();
                CyclicBarrier together = new CyclicBarrier(
                        2, () -> over.set(rounds.incrementAndGet() >= pairs.size() && System.nanoTime() >= end));
                for (int side = 0; side < 2; side++) {
                    int mine = side;
                    running.add(threads.submit(() -> {
                        together.await(30, TimeUnit.SECONDS);
                        while (!over.get()) {
                            List<Operation> pair = pairs.get(rounds.get() % pairs.size());
                            attempt(pair.get(mine), backend, "order-" + rounds.get() % INSTANCES);
                            met.add(pair);
                            together.await(30, TimeUnit.SECONDS);
                        }
                        return null;
                    }));
                }
            }
            for (Future<?> thread : running) {
                thread.get(3, TimeUnit.MINUTES);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static List<List<Operation>> pairs() {
        List<List<Operation>> pairs = new ArrayList<>();
        for (Operation one : Operation.values()) {
            for (Operation other : Operation.values()) {
                if (one.compareTo(other) <= 0) {
                    pairs.add(List.of(one, other));
                }
            }
        }
        return pairs;
    }

    /** A refusal is an outcome; anything else fails the test. */
    private void attempt(Operation operation, PostgresBackend backend, String id) {
        try {
            operation.run(backend, id);
        } catch (SayiirException e) {
            refused.computeIfAbsent(e.getClass().getSimpleName(), name -> new AtomicInteger())
                    .incrementAndGet();
        } catch (RuntimeException e) {
            failures.add(e); // and the other one of the pair is not left to wait
        }
        done.incrementAndGet();
    }

    /** What a caller may do to an instance, beginning with whatever it needs for that. */
    private enum Operation {
        BEGIN_ANEW {
            @Override
            void run(PostgresBackend backend, String id) {
                if (backend.findSnapshot(id).isPresent()) {
                    backend.deleteSnapshot(id);
                }
                backend.createSnapshot(
                        WorkflowSnapshot.start(id, "d", Payload.empty()).moveTo(new AtTask("reserve")));
            }
        },
        SAVE {
            @Override
            void run(PostgresBackend backend, String id) {
                running(backend, id).ifPresent(order -> backend.saveSnapshot(next(order)));
            }
        },
        SAVE_AT_WAIT {
            @Override
            void run(PostgresBackend backend, String id) {
                running(backend, id)
                        .ifPresent(order -> backend.saveSnapshot(order.moveTo(
                                new AtSignal("wait", "approved", Optional.empty(), Optional.of("reserve")))));
            }
        },
        SAVE_IF_VERSION {
            @Override
            void run(PostgresBackend backend, String id) {
                running(backend, id).ifPresent(order -> backend.saveSnapshotIfVersion(next(order), order.version()));
            }
        },
        REPLACE {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.saveSnapshot(
                        WorkflowSnapshot.start(id, "d", Payload.empty()).moveTo(new AtTask("charge")));
            }
        },
        SAVE_RESULT {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.saveTaskResult(id, ThreadLocalRandom.current().nextBoolean() ? "reserve" : "weigh", output());
            }
        },
        READ {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.loadVersion(id, 1);
                backend.loadTaskResults(id);
                backend.listVersions(id, 0, 10);
                backend.listEvents(id, 0, 10);
                backend.findWorkflows(WorkflowQuery.all().atTask("reserve"));
                backend.countByStatus();
                backend.listSnapshots();
                backend.tailEvents(0, 10);
                backend.listPendingEvents(id);
                backend.findAvailableTasks(query(10));
            }
        },
        STORE_SIGNAL {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.storeSignal(id, SignalKind.PAUSE, SignalRequest.unexplained());
                backend.storeSignal(id, SignalKind.CANCEL, SignalRequest.unexplained());
            }
        },
        CLEAR_SIGNAL {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.clearSignal(id, SignalKind.CANCEL);
                backend.clearSignal(id, SignalKind.PAUSE);
            }
        },
        CHECK_AND_CANCEL {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.checkAndCancel(id, Optional.of("reserve"));
            }
        },
        CHECK_AND_PAUSE {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.checkAndPause(id);
            }
        },
        REQUEST_CANCEL {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.requestCancel(id, SignalRequest.unexplained());
            }
        },
        REQUEST_PAUSE {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.requestPause(id, SignalRequest.unexplained());
            }
        },
        UNPAUSE {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.unpause(id);
            }
        },
        REDRIVE {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.redrive(id, RedriveRequest.fromVersion(1), SignalRequest.unexplained());
            }
        },
        FORK_OFF {
            @Override
            void run(PostgresBackend backend, String id) {
                String forked =
                        id + " forked off by " + ThreadLocalRandom.current().nextLong();
                backend.fork(id, 1, forked, SignalRequest.unexplained());
                backend.deleteSnapshot(forked);
            }
        },
        SEND_EVENT {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.sendEvent(id, "approved", output());
                backend.sendEvent(id, "approved", output(), Optional.of("key"));
            }
        },
        CONSUME_EVENT {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.consumeEvent(id, "approved");
            }
        },
        CONSUME_EVENT_AND_SAVE {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.consumeEventAndSave(
                        id,
                        "approved",
                        (order, event) -> order.status() == WorkflowStatus.IN_PROGRESS ? next(order) : order);
            }
        },
        CLAIM_AND_COMMIT {
            @Override
            void run(PostgresBackend backend, String id) {
                for (ClaimedTask task : backend.claimAvailableTasks(query(3))) {
                    if (task.claim().branch().isEmpty()) {
                        backend.commitTask(task.claim(), next(task.snapshot()), Optional.of(Duration.ofSeconds(1)));
                    }
                }
            }
        },
        FORK {
            @Override
            void run(PostgresBackend backend, String id) {
                Map<String, Branch> branches = Map.of("left", Branch.of("wrap"), "right", Branch.of("bill"));
                running(backend, id).ifPresent(order -> backend.saveSnapshot(order.forkInto("join", branches)));
            }
        },
        COMMIT_BRANCHES {
            @Override
            void run(PostgresBackend backend, String id) {
                for (ClaimedTask task : backend.claimAvailableTasks(query(10))) {
                    if (task.claim().branch().isPresent()) {
                        backend.commitBranchTask(task.claim(), outcome(), Optional.of(Duration.ofSeconds(1)));
                    }
                }
            }

            private BranchOutcome outcome() {
                return switch (ThreadLocalRandom.current().nextInt(3)) {
                    case 0 -> new BranchOutcome.Next(output(), "weigh", Optional.empty());
                    case 1 -> new BranchOutcome.Retry("no boxes", Duration.ofMillis(1));
                    default -> new BranchOutcome.Done(output());
                };
            }
        },
        FAIL_IN_A_BRANCH {
            @Override
            void run(PostgresBackend backend, String id) {
                for (ClaimedTask task : backend.claimAvailableTasks(query(3))) {
                    backend.commitTask(task.claim(), task.snapshot().fail("no boxes"), Optional.empty());
                }
            }
        },
        CLAIM_ONE_AND_EXTEND {
            @Override
            void run(PostgresBackend backend, String id) {
                List<TaskClaim> held = new ArrayList<>();
                backend.claimTask(id, "reserve", "w", Duration.ofMillis(5)).ifPresent(held::add);
                backend.claimAvailableTasks(query(10)).forEach(task -> held.add(task.claim()));
                Collections.shuffle(held);
                backend.extendTaskClaims(held, Duration.ofMillis(20));
                held.forEach(backend::releaseTaskClaim);
            }
        },
        RELEASE_ALL {
            @Override
            void run(PostgresBackend backend, String id) {
                backend.claimAvailableTasks(query(10));
                backend.releaseTaskClaims("w");
            }
        };

        abstract void run(PostgresBackend backend, String id);

        private static ClaimQuery query(int limit) {
            return ClaimQuery.of("w", limit, Duration.ofMillis(20));
        }

        private static Optional<WorkflowSnapshot> running(PostgresBackend backend, String id) {
            return backend.findSnapshot(id).filter(order -> order.status() == WorkflowStatus.IN_PROGRESS);
        }

        private static WorkflowSnapshot next(WorkflowSnapshot order) {
            String task = order.openTask().map(open -> open.taskId()).orElse("reserve");
            return order.completeTask(task, output())
                    .withdrawTask("reserve")
                    .moveTo(new AtTask(task.equals("reserve") ? "charge" : "reserve"));
        }

        private static Payload output() {
            return Payload.utf8("output");
        }
    }
}
