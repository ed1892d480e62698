package dev.sayiir.worker;

import static dev.sayiir.worker.Bystanders.GUILTY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Each is something wrong with the guilty instance itself: its rows, its results, its handler, its claim. */
enum OwnFault implements BystanderFault {
    TASK_ROW_IS_LOCKED {
        @Override
        public void begin(Bystanders scene) throws Exception {
            handled(scene);
            scene.holdTransaction(() -> scene.lock("sayiir_task_claims"));
        }

        @Override
        public void end(Bystanders scene) {
            scene.commit();
        }
    },
    ROWS_ARE_LOCKED_AND_STATEMENTS_TIME_OUT {
        @Override
        public boolean hasStatementTimeout() {
            return true;
        }

        @Override
        public void begin(Bystanders scene) throws Exception {
            handled(scene);
            scene.holdTransaction(() -> {
                scene.lock("sayiir_workflows");
                scene.lock("sayiir_task_claims");
            });
        }

        @Override
        public void end(Bystanders scene) {
            scene.commit();
        }
    },
    IS_LOCKED_WITH_A_CANCEL_PENDING {
        @Override
        public void begin(Bystanders scene) throws Exception {
            handled(scene);
            scene.caller().storeSignal(GUILTY, SignalKind.CANCEL, SignalRequest.of("late", "ann"));
            scene.holdTransaction(() -> scene.lock("sayiir_workflows"));
        }

        /** Only its interrupt ends it. */
        @Override
        public boolean goesOn() {
            return false;
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.empty(); // the cancel may have been carried out before the lock
        }

        @Override
        public void end(Bystanders scene) {
            scene.commit();
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.CANCELLED);
        }
    },
    RESULT_IS_REFUSED_FOR_EVER {
        @Override
        public void begin(Bystanders scene) throws Exception {
            scene.refuseResults("XX001");
            handled(scene);
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.empty();
        }
    },
    RESULT_TIMES_OUT_EACH_TIME {
        @Override
        public void begin(Bystanders scene) throws Exception {
            scene.refuseResults("57014");
            handled(scene);
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.empty();
        }
    },
    ROWS_CANNOT_BE_READ {
        @Override
        public void prepare(Bystanders scene) {
            scene.startGuilty("first");
            scene.loseRows();
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.empty();
        }
    },
    BLOB_CANNOT_BE_DECODED {
        @Override
        public void prepare(Bystanders scene) {
            scene.startGuilty("first");
            scene.damageBlobs();
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.empty();
        }
    },
    EXCEPTION_WITHOUT_A_MESSAGE_THAT_CAN_BE_READ {
        @Override
        public void begin(Bystanders scene) {
            scene.startGuilty("first");
        }

        @Override
        public TaskOutcome handle(String input, TaskContext task, Bystanders scene) {
            throw new UnreadableException();
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.empty();
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.FAILED);
        }
    },
    HANDLER_THROWS_AN_ERROR {
        @Override
        public void begin(Bystanders scene) {
            scene.startGuilty("first");
        }

        @Override
        public TaskOutcome handle(String input, TaskContext task, Bystanders scene) {
            throw new StackOverflowError();
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.empty();
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.FAILED);
        }
    },
    HANDLER_TAKES_ITS_TIME {
        @Override
        public void begin(Bystanders scene) throws Exception {
            handled(scene);
        }

        @Override
        public boolean goesOn() {
            return false;
        }
    },
    HANDLER_IGNORES_ITS_INTERRUPT {
        @Override
        public void begin(Bystanders scene) throws Exception {
            scene.startGuilty("limited");
            scene.awaitGuiltyHandled();
        }

        @Override
        public TaskOutcome handle(String input, TaskContext task, Bystanders scene) {
            scene.guiltyIsHandled();
            scene.awaitGoOnWhateverComes();
            return TaskOutcome.complete("much too late");
        }

        @Override
        public boolean goesOn() {
            return false;
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.empty();
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.FAILED);
        }
    },
    HANDLER_HOLDS_ALL_CONNECTIONS_THAT_IT_CAN_GET {
        @Override
        public void begin(Bystanders scene) throws Exception {
            handled(scene);
        }

        @Override
        public TaskOutcome handle(String input, TaskContext task, Bystanders scene) throws Exception {
            List<Connection> held = new ArrayList<>();
            try {
                for (int i = 0; i < scene.connectionsOfHandlers(); i++) {
                    held.add(scene.connectionOfWorker());
                }
                scene.guiltyIsHandled();
                scene.awaitGoOn();
                return TaskOutcome.next("second", input);
            } finally {
                for (Connection connection : held) {
                    connection.close();
                }
            }
        }

        @Override
        public boolean goesOn() {
            return false;
        }
    },
    OUTPUT_IS_TOO_LARGE {
        @Override
        public void begin(Bystanders scene) {
            scene.startGuilty("first");
        }

        @Override
        public TaskOutcome handle(String input, TaskContext task, Bystanders scene) {
            return TaskOutcome.next("second", "x".repeat(2 * Bystanders.MOST_BYTES));
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.empty();
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.IN_PROGRESS);
        }
    },
    TASK_IS_UNKNOWN {
        @Override
        public void begin(Bystanders scene) {
            scene.startGuilty("first");
        }

        @Override
        public TaskOutcome handle(String input, TaskContext task, Bystanders scene) {
            return TaskOutcome.next("nobody-does-this", input);
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.IN_PROGRESS);
        }
    },
    HOLDERS_DIE_AGAIN_AND_AGAIN {
        @Override
        public void prepare(Bystanders scene) {
            scene.startGuilty("first");
            assertThat(scene.caller().claimTask(GUILTY, "first", "dead", Duration.ofMillis(1)))
                    .isPresent();
        }

        @Override
        public boolean goesOn() {
            return false;
        }

        @Override
        public void meanwhile(Bystanders scene) {
            scene.expireClaims();
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.empty();
        }

        /** It has no more than five tries that come to no end. */
        @Override
        public void end(Bystanders scene) {
            await().atMost(Bystanders.PATIENCE).until(() -> {
                scene.expireClaims();
                return scene.caller().listTasks(GUILTY).stream().anyMatch(task -> task.status() == TaskStatus.BLOCKED);
            });
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.IN_PROGRESS);
        }
    };

    private static void handled(Bystanders scene) throws Exception {
        scene.startGuilty("first");
        scene.awaitGuiltyHandled();
    }

    /** As of a class that puts its message together when it is asked for it. */
    private static final class UnreadableException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("no message");
        }

        @Override
        public String toString() {
            throw new IllegalStateException("no text");
        }
    }
}
