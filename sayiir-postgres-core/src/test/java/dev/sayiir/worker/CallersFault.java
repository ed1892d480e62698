package dev.sayiir.worker;

import static dev.sayiir.worker.Bystanders.GUILTY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Each is an operation of a caller on the guilty instance, in a transaction that stays open. */
enum CallersFault implements BystanderFault {
    SAVE_SNAPSHOT {
        @Override
        void operate(PostgresBackend caller) {
            caller.saveSnapshot(caller.loadSnapshot(GUILTY));
        }
    },
    SEND_AN_EVENT_THAT_IT_DOES_NOT_WAIT_FOR {
        @Override
        void operate(PostgresBackend caller) {
            caller.sendEvent(GUILTY, "other", Payload.utf8("1"));
        }
    },
    SEND_THE_EVENT_THAT_IT_WAITS_FOR {
        @Override
        public void prepare(Bystanders scene) {
            scene.caller().createSnapshot(waiting(Optional.empty()));
        }

        @Override
        public void begin(Bystanders scene) {
            scene.holdTransaction(() -> operate(scene.caller()));
        }

        @Override
        void operate(PostgresBackend caller) {
            caller.sendEvent(GUILTY, "approved", Payload.utf8("\"yes\""));
        }
    },
    SEND_AN_EVENT_WHEN_THE_TIME_LIMIT_OF_ITS_WAIT_PASSES {
        @Override
        public void prepare(Bystanders scene) {
            scene.caller().createSnapshot(waiting(Optional.of(Instant.now().minusSeconds(60))));
            scene.holdTransaction(() -> operate(scene.caller()));
        }

        @Override
        void operate(PostgresBackend caller) {
            caller.sendEvent(GUILTY, "other", Payload.utf8("1"));
        }
    },
    REQUEST_CANCEL {
        @Override
        void operate(PostgresBackend caller) {
            caller.requestCancel(GUILTY, SignalRequest.of("late", "ann"));
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.empty(); // whichever commits first, the cancel or the last task
        }
    },
    REQUEST_PAUSE {
        @Override
        void operate(PostgresBackend caller) {
            caller.requestPause(GUILTY, SignalRequest.of("stocktaking", "ann"));
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.PAUSED);
        }
    },
    DELETE_SNAPSHOT {
        @Override
        void operate(PostgresBackend caller) {
            caller.deleteSnapshot(GUILTY);
        }

        @Override
        public void end(Bystanders scene) {
            scene.commit();
            await().atMost(Bystanders.PATIENCE).until(() -> scene.endsOf(GUILTY).contains(End.LOST));
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.empty();
        }
    },
    CLAIM_TASK {
        @Override
        public void prepare(Bystanders scene) {
            scene.startGuilty("first");
            scene.holdTransaction(() -> operate(scene.caller()));
        }

        @Override
        void operate(PostgresBackend caller) {
            assertThat(caller.claimTask(GUILTY, "first", "caller", Duration.ofHours(1)))
                    .isPresent();
        }

        @Override
        public void end(Bystanders scene) {
            scene.commit();
            assertThat(scene.caller().releaseTaskClaims("caller")).isOne();
        }
    },
    CREATE_SNAPSHOT {
        @Override
        public void begin(Bystanders scene) {
            scene.holdTransaction(() -> operate(scene.caller()));
        }

        @Override
        void operate(PostgresBackend caller) {
            Workflows.of(caller).start(Bystanders.WORKFLOW, GUILTY, "in");
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.empty(); // it is not there yet
        }
    },
    SAVE_TASK_RESULT {
        @Override
        void operate(PostgresBackend caller) {
            caller.saveTaskResult(GUILTY, "beside", Payload.utf8("1"));
        }
    },
    STORE_SIGNAL {
        @Override
        void operate(PostgresBackend caller) {
            caller.storeSignal(GUILTY, SignalKind.PAUSE, SignalRequest.of("stocktaking", "ann"));
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.PAUSED);
        }
    },
    CLEAR_SIGNAL {
        @Override
        public void begin(Bystanders scene) throws Exception {
            handled(scene);
            scene.caller().storeSignal(GUILTY, SignalKind.PAUSE, SignalRequest.of("stocktaking", "ann"));
            scene.holdTransaction(() -> operate(scene.caller()));
        }

        @Override
        void operate(PostgresBackend caller) {
            caller.clearSignal(GUILTY, SignalKind.PAUSE);
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.empty(); // whichever commits first, this or the task
        }
    },
    CHECK_AND_CANCEL {
        @Override
        public void begin(Bystanders scene) throws Exception {
            handled(scene);
            scene.holdTransaction(() -> operate(scene.caller()));
        }

        @Override
        void operate(PostgresBackend caller) {
            caller.storeSignal(GUILTY, SignalKind.CANCEL, SignalRequest.of("late", "ann"));
            assertThat(caller.checkAndCancel(GUILTY, Optional.empty())).isTrue();
        }

        @Override
        public Optional<WorkflowStatus> statusAfter() {
            return Optional.of(WorkflowStatus.CANCELLED);
        }
    },
    UNPAUSE {
        @Override
        public void prepare(Bystanders scene) {
            scene.startGuilty("first");
            assertThat(scene.caller().requestPause(GUILTY, SignalRequest.of("stocktaking", "ann")))
                    .isEqualTo(SignalOutcome.APPLIED);
            scene.holdTransaction(() -> operate(scene.caller()));
        }

        @Override
        void operate(PostgresBackend caller) {
            caller.unpause(GUILTY);
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.of(WorkflowStatus.PAUSED);
        }
    },
    CONSUME_EVENT {
        @Override
        public void begin(Bystanders scene) throws Exception {
            handled(scene);
            scene.caller().sendEvent(GUILTY, "other", Payload.utf8("1"));
            scene.holdTransaction(() -> operate(scene.caller()));
        }

        @Override
        void operate(PostgresBackend caller) {
            assertThat(caller.consumeEvent(GUILTY, "other")).isPresent();
        }
    },
    RELEASE_TASK_CLAIM {
        @Override
        public void prepare(Bystanders scene) {
            claimed(
                    scene,
                    claim -> assertThat(scene.caller().releaseTaskClaim(claim)).isTrue());
        }
    },
    EXTEND_TASK_CLAIM {
        @Override
        public void prepare(Bystanders scene) {
            claimed(scene, claim -> scene.caller().extendTaskClaim(claim, Duration.ofHours(2)));
        }

        @Override
        public void end(Bystanders scene) {
            scene.commit();
            assertThat(scene.caller().releaseTaskClaims("caller")).isOne();
        }
    },
    COMMIT_TASK {
        @Override
        public void prepare(Bystanders scene) {
            PostgresBackend caller = scene.caller();
            claimed(scene, claim -> {
                WorkflowSnapshot done = caller.loadSnapshot(GUILTY)
                        .completeTask("first", Payload.utf8("\"in\""))
                        .moveTo(new AtTask("second"));
                caller.commitTask(claim, done, Optional.empty());
            });
        }
    };

    void operate(PostgresBackend caller) {
        throw new AssertionError(this + " has its own operation");
    }

    /** While its first task is being done, unless it was done before the worker has started. */
    @Override
    public void begin(Bystanders scene) throws Exception {
        if (!scene.isTransactionOpen()) {
            handled(scene);
            scene.holdTransaction(() -> operate(scene.caller()));
        }
    }

    private static void handled(Bystanders scene) {
        scene.startGuilty("first");
        scene.awaitGuiltyHandled();
    }

    /** Before the worker can have it. */
    private static void claimed(Bystanders scene, Consumer<TaskClaim> operation) {
        scene.startGuilty("first");
        TaskClaim claim = scene.caller()
                .claimTask(GUILTY, "first", "caller", Duration.ofHours(1))
                .orElseThrow();
        scene.holdTransaction(() -> operation.accept(claim));
    }

    @Override
    public void end(Bystanders scene) throws Exception {
        scene.commit();
    }

    private static WorkflowSnapshot waiting(Optional<Instant> until) {
        String signal = Waits.waitId("approved", until.map(at -> "third"));
        return WorkflowSnapshot.start(GUILTY, Bystanders.WORKFLOW.name(), Payload.utf8("\"in\""))
                .completeTask("first", Payload.utf8("\"in\""))
                .moveTo(new AtSignal(signal, "approved", until, Optional.of("second")));
    }
}
