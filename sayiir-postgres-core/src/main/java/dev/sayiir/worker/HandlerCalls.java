package dev.sayiir.worker;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.worker.HeldTask.Stop;
import dev.sayiir.worker.TaskOutcome.Done;
import dev.sayiir.worker.TaskOutcome.Fork;
import dev.sayiir.worker.TaskOutcome.Retry;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.Payload;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
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
    private final Failures failures;
    private final Optional<Transactions> transactions;

    /**
     * @param results what a task of a branch can look up
     * @param failures says what becomes of the task of a handler that fails
     * @param interruptGrace how long a handler whose time is up may take to heed its interrupt
     * @param abandoned stores what becomes of the task of one that does not
     * @param transactions of handlers that are transactional, if there may be some
     */
    HandlerCalls(
            TaskResultStore results,
            JsonPayloads payloads,
            Failures failures,
            ScheduledExecutorService timer,
            TaskWorkerListener listener,
            Duration interruptGrace,
            Abandoned abandoned,
            Optional<Transactions> transactions) {
        this.results = results;
        this.payloads = payloads;
        this.failures = failures;
        this.timer = timer;
        this.listener = listener;
        this.interruptGrace = interruptGrace;
        this.abandoned = abandoned;
        this.transactions = transactions;
    }

    /** Stores what becomes of a task while its handler goes on. */
    @FunctionalInterface
    interface Abandoned {
        void store(ClaimedTask task, HeldTask held, Ending ending);
    }

    /**
     * How the call of a handler ended.
     *
     * @param next what is to be stored, if nobody has stopped the handler
     * @param begun whether the handler was called; it may have waited for a transaction in vain
     */
    private record Called(Supplier<? extends Ending> next, boolean failed, boolean begun) {

        Called(Supplier<? extends Ending> next, boolean failed) {
            this(next, failed, true);
        }
    }

    /** What is to be stored; empty if the worker has no say in it any more. */
    Optional<Ending> call(ClaimedTask task, TaskHandler<?> handler, HeldTask held, BooleanSupplier mayCarryOn) {
        Optional<Future<?>> timeout = handler.timeout().map(limit -> startTimeout(task, handler, held, limit));
        held.begin();
        Called called = called(task, handler, held, mayCarryOn);
        Optional<Stop> stop = held.end();
        timeout.ifPresent(it -> it.cancel(false));
        if (stop.isEmpty()) {
            return Optional.of(called.next().get());
        }
        return switch (stop.get()) {
            case TIMED_OUT ->
                held.isAbandoned() ? Optional.empty() : Optional.of(timedOut(task, handler, held, called));
            case WORKER_STOPS ->
                called.failed() ? released(held) : Optional.of(called.next().get());
            case CANCELLED, CLAIM_LOST -> Optional.empty();
        };
    }

    private Ending timedOut(ClaimedTask task, TaskHandler<?> handler, HeldTask held, Called called) {
        return called.begun()
                ? failures.timedOut(task, handler, held)
                : called.next().get();
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
            abandoned.store(task, held, failures.timedOut(task, handler, held));
        }
    }

    private Called called(ClaimedTask task, TaskHandler<?> handler, HeldTask held, BooleanSupplier mayCarryOn) {
        HandlerContext context = new HandlerContext(
                held,
                task.snapshot(),
                results,
                handler.timeout().map(held.clock().now()::plus),
                payloads,
                listener);
        try {
            Object input = input(task, handler);
            Callable<TaskOutcome> call = () -> handle(handler, input, context);
            return handler.isTransactional()
                    ? calledInTransaction(task, handler, held, mayCarryOn, context, call)
                    : ended(task, handler, held, listener.aroundTask(context, call));
        } catch (UnreadableInputException e) {
            return new Called(
                    () -> Refusal.forOthers(BlockReason.UNREADABLE_INPUT, String.valueOf(e.getMessage())), true);
        } catch (UnwritableOutputException e) {
            return new Called(
                    () -> Refusal.ofAll(BlockReason.UNWRITABLE_OUTPUT, String.valueOf(e.getMessage())), false);
        } catch (Throwable e) {
            return new Called(() -> failures.thrown(task, handler, held, e), true);
        }
    }

    private Called ended(ClaimedTask task, TaskHandler<?> handler, HeldTask held, TaskOutcome outcome) {
        if (outcome instanceof Retry retry) {
            return new Called(() -> failures.retry(task, handler, held, retry), false);
        }
        Advance advance = advance(task, handler, held, outcome);
        return new Called(() -> advance, false);
    }

    /** What listeners around the call return does not matter, nor what they throw once something is stored. */
    private Called calledInTransaction(
            ClaimedTask task,
            TaskHandler<?> handler,
            HeldTask held,
            BooleanSupplier mayCarryOn,
            TaskContext context,
            Callable<TaskOutcome> handle)
            throws Exception {
        Transactions own = transactions.orElseThrow();
        TransactionalCall call = own.call(
                handler,
                held,
                outcome -> own.pending(task, advance(task, handler, held, outcome), mayCarryOn),
                failure -> failures.thrown(task, handler, held, failure));
        try {
            listener.aroundTask(context, () -> own.timed(held, () -> call.run(handle)));
        } catch (Throwable e) {
            if (call.ending().isEmpty()) {
                throw e;
            }
        }
        if (call.ending().isEmpty()) {
            return ended(task, handler, held, call.outcome());
        }
        Ending ending = call.ending().get();
        return new Called(() -> ending, ending instanceof Undone, call.hasBegun());
    }

    /** Another try would not make it any more readable. */
    private static final class UnreadableInputException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        UnreadableInputException(String message) {
            super(message);
        }
    }

    /** Nor would another try make this any more writable. */
    private static final class UnwritableOutputException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        UnwritableOutputException(String message) {
            super(message);
        }
    }

    private Payload write(String what, Object value) {
        try {
            return payloads.write(what, value);
        } catch (IllegalArgumentException e) {
            throw new UnwritableOutputException(String.valueOf(e.getMessage()));
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
                ? write("output of task '" + task.claim().taskId() + "'", done.output())
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
            Optional<Payload> input = start.input().map(value -> write("input of branch '" + label + "'", value));
            branches.put(label, new Branch(start.taskId(), input));
        });
        return branches;
    }

    private Optional<Ending> released(HeldTask held) {
        held.giveBackLater();
        listener.taskEnded(held.claim(), End.RELEASED);
        return Optional.empty();
    }
}
