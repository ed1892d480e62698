package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.BranchOutcome.Done;
import dev.sayiir.persistence.BranchOutcome.Next;
import dev.sayiir.persistence.BranchOutcome.Retry;
import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Everything that changes an instance, to be disturbed while it is at it. */
enum DisturbedOperation {
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
    COMMIT_TOGETHER {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            WorkflowSnapshot stored = undisturbed.createSnapshot(order("order-2"));
            TaskClaim claim = undisturbed
                    .claimTask("order-2", "reserve", "worker-1", HOUR)
                    .orElseThrow();
            return new Given(given.stored(), given.claim(), Optional.of(new Given(stored, claim)));
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            Given other = given.other().orElseThrow();
            return backend
                    .commitTasks(List.of(
                            new TaskCommit.OfTask(given.claim(), done(given), Optional.of(HOUR)),
                            new TaskCommit.OfTask(other.claim(), done(other), Optional.empty())))
                    .stream()
                    .map(result -> (CommitResult.Stored) result)
                    .map(stored -> List.of(
                            stored.snapshot().orElseThrow().version(), withoutTimes(stored.next()), stored.mayBeDue()))
                    .toList();
        }
    },
    COMMIT_BRANCHES_TOGETHER {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            Given first = inBranch(undisturbed, given, "parcel", "invoice");
            TaskClaim claim =
                    undisturbed.claimTask(ID, "do-invoice", "worker-1", HOUR).orElseThrow();
            return new Given(first.stored(), first.claim(), Optional.of(new Given(first.stored(), claim)));
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            Given other = given.other().orElseThrow();
            return backend
                    .commitTasks(List.of(
                            new TaskCommit.OfBranchTask(
                                    given.claim(), new Done(Payload.utf8("2 kg")), Optional.empty()),
                            new TaskCommit.OfBranchTask(
                                    other.claim(),
                                    new Next(Payload.utf8("42 EUR"), "send", Optional.empty()),
                                    Optional.of(HOUR))))
                    .stream()
                    .map(result -> withoutTimes(((CommitResult.Stored) result).next()))
                    .toList();
        }
    },
    COMMIT_AND_CANCEL {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            undisturbed.requestCancel(ID, SignalRequest.of("late", "ann"));
            return given;
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
        Given prepare(PostgresBackend undisturbed, Given given) {
            undisturbed.saveSnapshot(
                    done(given).moveTo(new AtSignal("wait", "approved", Optional.empty(), Optional.of("ship"))));
            return given;
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.sendEvent(ID, "approved", Payload.utf8("by ada"));
        }
    },
    CONSUME_EVENT {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            undisturbed.sendEvent(ID, "approved", Payload.utf8("by ada"));
            undisturbed.sendEvent(ID, "approved", Payload.utf8("by bob"));
            return given;
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.consumeEvent(ID, "approved");
        }
    },
    CONSUME_EVENT_AND_SAVE {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            CONSUME_EVENT.prepare(undisturbed, given);
            return given;
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.consumeEventAndSave(ID, "approved", (snapshot, event) -> snapshot.completeTask("ask", event))
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
        Given prepare(PostgresBackend undisturbed, Given given) {
            undisturbed.releaseTaskClaim(given.claim());
            return given;
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
        Given prepare(PostgresBackend undisturbed, Given given) {
            undisturbed.storeSignal(ID, SignalKind.PAUSE, SignalRequest.of("audit", "ann"));
            return given;
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.checkAndPause(ID);
        }
    },
    UNPAUSE {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            CHECK_AND_PAUSE.prepare(undisturbed, given);
            undisturbed.checkAndPause(ID);
            return given;
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.unpause(ID);
        }
    },
    REDRIVE {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            undisturbed.saveSnapshot(done(given).fail("card declined"));
            return given;
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.redrive(ID, RedriveRequest.fromFailure(), SignalRequest.of("fixed", "ann"))
                    .version();
        }
    },
    REDRIVE_AN_UNFINISHED_ONE {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            undisturbed.saveSnapshot(done(given));
            return given;
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.redrive(ID, RedriveRequest.fromVersion(1), SignalRequest.of("fixed", "ann"))
                    .version();
        }
    },
    FORK_OFF {
        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.fork(ID, 1, "another", SignalRequest.of("to try", "ann"))
                    .version();
        }
    },
    FORK {
        @Override
        Object run(PostgresBackend backend, Given given) {
            return withoutTimes(
                    backend.commitTask(given.claim(), forked(given, "parcel", "invoice"), Optional.of(HOUR)));
        }
    },
    COMMIT_BRANCH {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            return inBranch(undisturbed, given, "parcel", "invoice");
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return committed(backend, given, new Done(Payload.utf8("2 kg")));
        }
    },
    COMMIT_THE_LAST_BRANCH {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            return inBranch(undisturbed, given, "parcel");
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return committed(backend, given, new Done(Payload.utf8("2 kg")));
        }
    },
    COMMIT_BRANCH_AND_CARRY_ON {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            return inBranch(undisturbed, given, "parcel", "invoice");
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return committed(backend, given, new Next(Payload.utf8("packed"), "weigh", Optional.empty()));
        }
    },
    COMMIT_BRANCH_AND_DELAY {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            return inBranch(undisturbed, given, "parcel", "invoice");
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return committed(backend, given, new Next(Payload.utf8("packed"), "weigh", Optional.of(HOUR)));
        }
    },
    COMMIT_BRANCH_TO_BE_TRIED_AGAIN {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            return inBranch(undisturbed, given, "parcel", "invoice");
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return committed(backend, given, new Retry("no boxes", HOUR));
        }
    },
    COMMIT_BRANCH_AND_CANCEL {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            Given branch = inBranch(undisturbed, given, "parcel", "invoice");
            undisturbed.requestCancel(ID, SignalRequest.of("late", "ann"));
            return branch;
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return committed(backend, given, new Next(Payload.utf8("packed"), "weigh", Optional.empty()));
        }
    },
    FAIL_IN_A_BRANCH {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            return inBranch(undisturbed, given, "parcel", "invoice");
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return withoutTimes(backend.commitTask(given.claim(), given.stored().fail("no boxes"), Optional.empty()));
        }
    },
    SAVE_THE_RESULT_OF_A_BRANCH {
        @Override
        Given prepare(PostgresBackend undisturbed, Given given) {
            return inBranch(undisturbed, given, "parcel");
        }

        @Override
        Object run(PostgresBackend backend, Given given) {
            return backend.saveTaskResult(ID, "do-parcel", Payload.utf8("2 kg"));
        }
    };

    static final String ID = "order-1";
    private static final Duration HOUR = Duration.ofHours(1);

    /**
     * What is there before an operation.
     *
     * @param stored the instance
     * @param claim on the task that is committed
     * @param other what is committed together with it
     */
    record Given(WorkflowSnapshot stored, TaskClaim claim, Optional<Given> other) {

        Given(WorkflowSnapshot stored, TaskClaim claim) {
            this(stored, claim, Optional.empty());
        }
    }

    /** What else is to be there; and whose task is committed, if it is not the first. */
    Given prepare(PostgresBackend undisturbed, Given given) {
        return given;
    }

    /** What comes out of it, in a form that is the same each time. */
    abstract Object run(PostgresBackend backend, Given given);

    /** Begins anew with what it needs. */
    Given given(PostgresBackend undisturbed) {
        undisturbed.listSnapshots().forEach(undisturbed::deleteSnapshot);
        WorkflowSnapshot stored = undisturbed.createSnapshot(order(ID));
        TaskClaim claim = undisturbed.claimTask(ID, "reserve", "worker-1", HOUR).orElseThrow();
        return prepare(undisturbed, new Given(stored, claim));
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

    private static WorkflowSnapshot forked(Given given, String... labels) {
        Map<String, Branch> branches = new LinkedHashMap<>();
        for (String label : labels) {
            branches.put(label, Branch.of("do-" + label));
        }
        return given.stored().completeTask("reserve", Payload.utf8("shelf 7")).forkInto("ship", branches);
    }

    /** At a fork, with the task of the first branch. */
    private static Given inBranch(PostgresBackend undisturbed, Given given, String... labels) {
        CommittedTask fork = undisturbed.commitTask(given.claim(), forked(given, labels), Optional.empty());
        TaskClaim claim =
                undisturbed.claimTask(ID, "do-" + labels[0], "worker-1", HOUR).orElseThrow();
        return new Given(fork.snapshot(), claim);
    }

    private static List<Object> withoutTimes(CommittedTask committed) {
        return List.of(committed.snapshot().version(), committed.snapshot().status(), withoutTimes(committed.next()));
    }

    private static Object committed(PostgresBackend backend, Given given, BranchOutcome outcome) {
        return withoutTimes(backend.commitBranchTask(given.claim(), outcome, Optional.of(HOUR))
                .next());
    }

    private static Object withoutTimes(Optional<TaskClaim> next) {
        return next.map(claim -> List.of(claim.taskId(), claim.workerId(), claim.attempt(), claim.branch()));
    }
}
