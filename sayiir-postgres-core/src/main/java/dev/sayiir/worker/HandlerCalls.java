package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.worker.HeldTask.Stop;
import dev.sayiir.worker.TaskOutcome.Done;
import dev.sayiir.worker.TaskOutcome.Fail;
import dev.sayiir.worker.TaskOutcome.Fork;
import dev.sayiir.worker.TaskOutcome.Retry;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.Payload;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls handlers within their time, and makes an outcome of whatever they return or throw. */
final class HandlerCalls {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskResultStore results;
    private final JsonPayloads payloads;
    private final ScheduledExecutorService timer;
    private final TaskWorkerListener listener;
    private final Duration interruptGrace;
    private final Abandoned abandoned;
    private final Map<String, LogLimit> failures = new ConcurrentHashMap<>();

    /**
     * @param results what a task of a branch can look up
     * @param interruptGrace how long a handler whose time is up may take to heed its interrupt
     * @param abandoned stores what becomes of the task of one that does not
     */
    HandlerCalls(
            TaskResultStore results,
            JsonPayloads payloads,
            ScheduledExecutorService timer,
            TaskWorkerListener listener,
            Duration interruptGrace,
            Abandoned abandoned) {
        this.results = results;
        this.payloads = payloads;
        this.timer = timer;
        this.listener = listener;
        this.interruptGrace = interruptGrace;
        this.abandoned = abandoned;
    }

    /** Stores what becomes of a task while its handler goes on. */
    @FunctionalInterface
    interface Abandoned {
        void store(ClaimedTask task, HeldTask held, Advance advance);
    }

    /** A handler's outcome, or how it failed. */
    private record Called(Advance advance, @Nullable Throwable failure) {}

    /** What is to be stored; empty if the worker has no say in it any more. */
    Optional<Advance> call(ClaimedTask task, TaskHandler<?> handler, HeldTask held) {
        Optional<Future<?>> timeout = handler.timeout().map(limit -> startTimeout(task, handler, held, limit));
        held.begin();
        Called called = called(task, handler, held);
        Optional<Stop> stop = held.end();
        timeout.ifPresent(it -> it.cancel(false));
        if (stop.isEmpty()) {
            logFailure(held, called.failure());
            return Optional.of(called.advance());
        }
        return switch (stop.get()) {
            case TIMED_OUT -> held.isAbandoned() ? Optional.empty() : Optional.of(timedOut(task, handler, held));
            case WORKER_STOPS -> called.failure() == null ? Optional.of(called.advance()) : released(held);
            case CANCELLED, CLAIM_LOST -> Optional.empty();
        };
    }

    private Future<?> startTimeout(ClaimedTask task, TaskHandler<?> handler, HeldTask held, Duration limit) {
        return timer.schedule(
                () -> {
                    if (held.stop(Stop.TIMED_OUT)) {
                        var unused = timer.schedule(
                                () -> abandon(task, handler, held), interruptGrace.toNanos(), TimeUnit.NANOSECONDS);
                    }
                },
                limit.toNanos(),
                TimeUnit.NANOSECONDS);
    }

    private void abandon(ClaimedTask task, TaskHandler<?> handler, HeldTask held) {
        if (held.abandon()) {
            log.warn(
                    "The time of {} is up, but its handler does not heed the interrupt; it keeps a slot, and the task"
                            + " counts as failed",
                    held);
            abandoned.store(task, held, timedOut(task, handler, held));
        }
    }

    private Called called(ClaimedTask task, TaskHandler<?> handler, HeldTask held) {
        HandlerContext context = new HandlerContext(
                held,
                task.snapshot(),
                results,
                handler.timeout().map(held.clock().now()::plus),
                payloads,
                listener);
        try {
            Object input = input(task, handler);
            TaskOutcome outcome = listener.aroundTask(context, () -> handle(handler, input, context));
            return new Called(advance(task, handler, held, outcome), null);
        } catch (UnreadableInputException e) {
            Fail failed = new Fail(String.valueOf(e.getMessage()));
            return new Called(end(task, handler, held, failed), e);
        } catch (Throwable e) {
            return new Called(failure(task, handler, held, "failed: " + ErrorText.of(e)), e);
        }
    }

    /** Another try would not make it any more readable. */
    private static final class UnreadableInputException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        UnreadableInputException(String message) {
            super(message);
        }
    }

    private Object input(ClaimedTask task, TaskHandler<?> handler) {
        try {
            return payloads.read(
                    "input of task '" + task.claim().taskId() + "'", Inputs.of(task, payloads), handler.inputType());
        } catch (IllegalArgumentException e) {
            throw new UnreadableInputException(String.valueOf(e.getMessage()));
        }
    }

    @SuppressWarnings("unchecked") // the input was read as the type that the handler asks for
    private static <I> TaskOutcome handle(TaskHandler<I> handler, Object input, TaskContext context) throws Exception {
        TaskOutcome outcome = handler.handle((I) input, context);
        if (outcome == null) {
            throw new IllegalStateException("The handler returned null; it has to return what comes next");
        }
        return outcome;
    }

    /** Applied to what was claimed, for once, so that an outcome that cannot be is the handler's failure. */
    private Advance advance(ClaimedTask task, TaskHandler<?> handler, HeldTask held, TaskOutcome outcome) {
        Payload output = outcome instanceof Done done
                ? payloads.write("output of task '" + task.claim().taskId() + "'", done.output())
                : Payload.empty();
        Advance advance = new Advance(
                task.claim(),
                outcome,
                output,
                outcome instanceof Fork fork ? branches(fork) : Map.of(),
                handler.retryPolicy(),
                held.clock().now());
        if (task.claim().branch().isPresent()) {
            BranchAdvance.of(advance);
        } else {
            advance.apply(task.snapshot());
        }
        return advance;
    }

    private Map<String, Branch> branches(Fork fork) {
        Map<String, Branch> branches = new LinkedHashMap<>();
        fork.branches().forEach((label, start) -> {
            Optional<Payload> input =
                    start.input().map(value -> payloads.write("input of branch '" + label + "'", value));
            branches.put(label, new Branch(start.taskId(), input));
        });
        return branches;
    }

    private static Advance timedOut(ClaimedTask task, TaskHandler<?> handler, HeldTask held) {
        Duration limit = handler.timeout().orElseThrow();
        return failure(task, handler, held, "took longer than " + limit);
    }

    private static Advance failure(ClaimedTask task, TaskHandler<?> handler, HeldTask held, String how) {
        String error = "Task '" + task.claim().taskId() + "' " + how;
        return end(
                task,
                handler,
                held,
                handler.retryPolicy().isPresent() ? new Retry(error, Optional.empty()) : new Fail(error));
    }

    private static Advance end(ClaimedTask task, TaskHandler<?> handler, HeldTask held, TaskOutcome outcome) {
        return new Advance(
                task.claim(),
                outcome,
                Payload.empty(),
                Map.of(),
                handler.retryPolicy(),
                held.clock().now());
    }

    /** For a task that is not to be tried any more, without a call of its handler. */
    Advance failed(ClaimedTask task, TaskHandler<?> handler, HeldTask held, String error) {
        held.end();
        return end(task, handler, held, new Fail(error));
    }

    private Optional<Advance> released(HeldTask held) {
        held.giveBackLater();
        listener.taskEnded(held.claim(), End.RELEASED);
        return Optional.empty();
    }

    /** Of each task by itself, so that one that fails all the time does not hide the others. */
    private void logFailure(HeldTask held, @Nullable Throwable failure) {
        if (failure != null) {
            failures.computeIfAbsent(held.claim().taskId(), taskId -> new LogLimit())
                    .log(more -> log.warn(
                            "The handler of {} failed at attempt {}{}",
                            held,
                            held.claim().attempt(),
                            more,
                            ErrorText.loggable(failure)));
        }
    }
}
