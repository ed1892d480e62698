package dev.sayiir.worker;

import static dev.sayiir.worker.Bystanders.GUILTY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

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
        public void begin(Bystanders scene) {}

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
        public void begin(Bystanders scene) {}

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
    };

    abstract void operate(PostgresBackend caller);

    /** While its first task is being done. */
    @Override
    public void begin(Bystanders scene) throws Exception {
        scene.startGuilty("first");
        scene.awaitGuiltyHandled();
        scene.holdTransaction(() -> operate(scene.caller()));
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
