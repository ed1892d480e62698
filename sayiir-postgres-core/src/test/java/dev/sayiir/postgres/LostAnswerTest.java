package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.CuttingProxy;
import dev.sayiir.testing.CuttingProxy.Loss;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LockWaits;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Connections that break in the middle of an operation: before the server has heard of a request, after it has carried it
 * out, and while it is at it. Each operation comes to the same as if nothing had happened, and happens once.
 */
class LostAnswerTest {

    private static final String ID = "order-1";
    private static final Duration HOUR = Duration.ofHours(1);

    private static Database database;
    private static JdbcTemplate jdbc;
    private static PostgresBackend undisturbed;

    private CuttingProxy proxy;
    private HikariDataSource pool;
    private PostgresBackend backend;

    @BeforeAll
    static void migrate() {
        database = PostgresServer.of(17).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        undisturbed = PostgresBackend.builder(database.dataSource()).build();
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    /** One connection is enough for every operation. */
    @BeforeEach
    void connect() {
        proxy = CuttingProxy.before(database.url());
        HikariConfig config = database.poolConfig(proxy.through(database.url()));
        config.setMaximumPoolSize(1);
        pool = new HikariDataSource(config);
        backend = PostgresBackend.builder(pool)
                .migration(MigrationMode.NONE)
                .notifyMode(NotifyMode.POLL) // notifications would take requests of the operation for their own
                .build();
    }

    @AfterEach
    void disconnect() {
        pool.close();
        proxy.close();
    }

    /** What is stored before an operation, and who holds the task that the instance stands at. */
    record Given(WorkflowSnapshot stored, TaskClaim claim) {}

    enum Operation {
        CREATE {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.createSnapshot(order("another"));
            }
        },
        SAVE_FIRST {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.saveSnapshot(order("another"));
            }
        },
        SAVE {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.saveSnapshot(done(given));
            }
        },
        SAVE_THE_END {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.saveSnapshot(done(given).complete(Payload.utf8("all done")));
            }
        },
        REPLACE {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.saveSnapshot(order(ID).moveTo(new AtTask("start again")));
            }
        },
        SAVE_IF_VERSION {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.saveSnapshotIfVersion(done(given), given.stored().version());
            }
        },
        SAVE_TASK_RESULT {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.saveTaskResult(ID, "weigh", Payload.utf8("2 kg"));
            }
        },
        DELETE {
            @Override
            Object run(PostgresBackend backend, Given given) {
                backend.deleteSnapshot(ID);
                return "deleted";
            }
        },
        COMMIT {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return withoutTimes(backend.commitTask(given.claim(), done(given), Optional.empty()));
            }
        },
        COMMIT_AND_CARRY_ON {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return withoutTimes(backend.commitTask(given.claim(), done(given), Optional.of(HOUR)));
            }
        },
        COMMIT_THE_END {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return withoutTimes(backend.commitTask(
                        given.claim(), done(given).complete(Payload.utf8("all done")), Optional.of(HOUR)));
            }
        },
        COMMIT_AND_CANCEL {
            @Override
            void prepare(Given given) {
                undisturbed.requestCancel(ID, SignalRequest.of("late", "ann"));
            }

            @Override
            Object run(PostgresBackend backend, Given given) {
                return withoutTimes(backend.commitTask(given.claim(), done(given), Optional.of(HOUR)));
            }
        },
        EXTEND {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.extendTaskClaim(given.claim(), HOUR).claimToken()
                        - given.claim().claimToken();
            }
        },
        RELEASE {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.releaseTaskClaim(given.claim());
            }
        },
        SEND_EVENT_TO_BE_KEPT {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.sendEvent(ID, "approved", Payload.utf8("by ada"));
            }
        },
        SEND_EVENT_WITH_KEY {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.sendEvent(ID, "approved", Payload.utf8("by ada"), Optional.of("message-17"));
            }
        },
        SEND_EVENT_TO_A_WAIT {
            @Override
            void prepare(Given given) {
                undisturbed.saveSnapshot(
                        done(given).moveTo(new AtSignal("wait", "approved", Optional.empty(), Optional.of("ship"))));
            }

            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.sendEvent(ID, "approved", Payload.utf8("by ada"));
            }
        },
        CONSUME_EVENT {
            @Override
            void prepare(Given given) {
                undisturbed.sendEvent(ID, "approved", Payload.utf8("by ada"));
                undisturbed.sendEvent(ID, "approved", Payload.utf8("by bob"));
            }

            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.consumeEvent(ID, "approved");
            }
        },
        CONSUME_EVENT_AND_SAVE {
            @Override
            void prepare(Given given) {
                CONSUME_EVENT.prepare(given);
            }

            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.consumeEventAndSave(
                                ID, "approved", (snapshot, event) -> snapshot.completeTask("ask", event))
                        .orElseThrow();
            }
        },
        REQUEST_CANCEL_OF_A_CLAIMED_ONE {
            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.requestCancel(ID, SignalRequest.of("late", "ann"));
            }
        },
        REQUEST_CANCEL_OF_AN_IDLE_ONE {
            @Override
            void prepare(Given given) {
                undisturbed.releaseTaskClaim(given.claim());
            }

            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.requestCancel(ID, SignalRequest.of("late", "ann"));
            }
        },
        STORE_SIGNAL {
            @Override
            Object run(PostgresBackend backend, Given given) {
                backend.storeSignal(ID, SignalKind.PAUSE, SignalRequest.of("audit", "ann"));
                return "stored";
            }
        },
        CHECK_AND_PAUSE {
            @Override
            void prepare(Given given) {
                undisturbed.storeSignal(ID, SignalKind.PAUSE, SignalRequest.of("audit", "ann"));
            }

            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.checkAndPause(ID);
            }
        },
        UNPAUSE {
            @Override
            void prepare(Given given) {
                CHECK_AND_PAUSE.prepare(given);
                undisturbed.checkAndPause(ID);
            }

            @Override
            Object run(PostgresBackend backend, Given given) {
                return backend.unpause(ID);
            }
        };

        void prepare(Given given) {}

        abstract Object run(PostgresBackend backend, Given given);

        Given given() {
            jdbc.update("DELETE FROM sayiir.sayiir_workflows");
            WorkflowSnapshot stored = undisturbed.createSnapshot(order(ID));
            Given given = new Given(
                    stored,
                    undisturbed.claimTask(ID, "reserve", "worker-1", HOUR).orElseThrow());
            prepare(given);
            return given;
        }

        /** What it comes to, and what is there then. */
        Outcome outcome(PostgresBackend backend, Given given) {
            return Outcome.of(run(backend, given));
        }
    }

    record Outcome(Object result, List<Map<String, Object>> stored) {

        static Outcome of(Object result) {
            return new Outcome(
                    result instanceof WorkflowSnapshot snapshot ? atNoTime(snapshot) : result, StoredRows.all(jdbc));
        }

        private static WorkflowSnapshot atNoTime(WorkflowSnapshot snapshot) {
            return snapshot.toBuilder().updatedAt(Instant.EPOCH).build();
        }
    }

    @ParameterizedTest
    @EnumSource
    void R7_a_connection_that_breaks_at_any_request_makes_no_difference(Operation operation) {
        Outcome expected = operation.outcome(undisturbed, operation.given());
        for (Loss loss : Loss.values()) {
            int skipped = 0;
            boolean cut = true;
            while (cut) {
                Given given = operation.given();
                backend.countByStatus();
                proxy.loseNext(loss, skipped);
                assertThat(operation.outcome(backend, given))
                        .as("%s no. %d is lost", loss, skipped)
                        .isEqualTo(expected);
                cut = proxy.disarm() < 0;
                skipped++;
            }
            assertThat(skipped).as("requests of which each was lost once").isGreaterThan(1);
        }
    }

    /** The server does not notice that the client is gone: it waits for a lock, and then does what it was asked for. */
    @ParameterizedTest
    @EnumSource
    void R7_a_connection_that_breaks_while_the_server_works_makes_no_difference(Operation operation) throws Exception {
        Outcome expected = operation.outcome(undisturbed, operation.given());
        Given given = operation.given();
        CompletableFuture<Object> result;
        try (Connection other = database.dataSource().getConnection()) {
            other.setAutoCommit(false);
            lockAll(other);
            result = CompletableFuture.supplyAsync(() -> operation.run(backend, given));
            await().until(() -> LockWaits.count(jdbc) == 1);
            proxy.cutAll();
            await().until(() -> LockWaits.count(jdbc) == 2);
            other.rollback();
        }

        assertThat(Outcome.of(result.get(30, TimeUnit.SECONDS))).isEqualTo(expected);
    }

    /** The instances there are, their tasks, and the id of one that is to be. */
    private static void lockAll(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("SELECT FROM sayiir.sayiir_workflows FOR UPDATE");
            statement.execute("SELECT FROM sayiir.sayiir_workflow_tasks FOR UPDATE");
            statement.execute("""
                    INSERT INTO sayiir.sayiir_workflows (instance_id, version, data_version, base_version, incarnation,
                        created_at, updated_at, completed_task_count, task_priority, status, definition_hash, task_tags)
                    VALUES ('another', 1, 1, 1, 1, now(), now(), 0, 3, 'InProgress', 'd', '{}')
                    """);
        }
    }

    private static WorkflowSnapshot order(String id) {
        return WorkflowSnapshot.builder(id, "d")
                .createdAt(Instant.EPOCH)
                .initialInput(Payload.utf8("in"))
                .build()
                .moveTo(new AtTask("reserve"));
    }

    private static WorkflowSnapshot done(Given given) {
        return given.stored().completeTask("reserve", Payload.utf8("shelf 7")).moveTo(new AtTask("charge"));
    }

    private static List<Object> withoutTimes(CommittedTask committed) {
        return List.of(
                committed.snapshot().version(),
                committed.snapshot().status(),
                committed.next().map(claim -> List.of(claim.taskId(), claim.workerId(), claim.attempt())));
    }
}
