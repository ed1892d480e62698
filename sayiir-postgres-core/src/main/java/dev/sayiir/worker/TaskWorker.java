package dev.sayiir.worker;

import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WakeUps;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does the tasks of workflows: claims those that are due, calls their handlers, and commits what comes next. Any number of
 * workers in any number of processes share the work.
 *
 * <pre>{@code
 * TaskWorker worker = TaskWorker.builder(backend)
 *         .workflow(new Workflow("fulfilment-v1", "reserve"))
 *         .handler(TaskHandler.of("reserve", Order.class, stock::reserve))
 *         .handler(TaskHandler.of("charge", Reservation.class, payments::charge).retries(policy))
 *         .build();
 * worker.start();
 * }</pre>
 *
 * <p>A task is one statement to claim, for a whole batch, and one to commit, for all that are ready by then; a task that
 * follows in the same instance is carried on to by the commit of the one before, up to 16 in a row, after which others have
 * their turn if all slots are taken. A heartbeat renews all claims in one statement; handlers whose claim is lost or whose instance is to be cancelled
 * are interrupted. While the store is away nothing is claimed, and results are kept until they can be committed.
 *
 * <p>It uses up to {@value #CONNECTIONS} connections of the store at once. If handlers share them and may hold all of them for
 * longer than a claim lasts, give the worker stores that have connections of their own.
 */
public final class TaskWorker implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    /**
     * How many connections of the store it uses at once, at most, whatever happens: one each to poll, to renew claims, to
     * store results, and for what takes long or fails. Handlers have theirs beside these.
     */
    public static final int CONNECTIONS = 4;

    /** One each for the heartbeat, cancels, what no worker takes and the store's return, so that the times of handlers are kept. */
    private static final int TIMERS = 5;

    private final TaskWorkerBuilder settings;
    private final Semaphore slots;
    private final TaskThreads threads;
    private final ExecutorService waiting;
    private final ScheduledThreadPoolExecutor timer;
    private final NextPoll nextPoll = new NextPoll();
    private final HeldTasks held;
    private final Heartbeat heartbeat;
    private final Cancels cancels;
    private final Unhandled unhandled;
    private final GroupCommit group;
    private final Thread dispatching;
    private Optional<WakeUps.Subscription> subscription = Optional.empty();
    private boolean started;
    private boolean stopped;

    TaskWorker(TaskWorkerBuilder settings) {
        this.settings = settings;
        TaskClaimStore claims = settings.claims;
        this.slots = new Semaphore(settings.concurrency);
        this.threads = new TaskThreads(
                WorkerThreads.busy("sayiir-task-", (int) Math.min(settings.concurrency + 1L, Integer.MAX_VALUE)));
        this.waiting = WorkerThreads.spare("sayiir-retry-");
        this.timer = new ScheduledThreadPoolExecutor(TIMERS, WorkerThreads.platform("sayiir-timer-"));
        timer.setRemoveOnCancelPolicy(true);
        TaskWorkerListener listener = new Listeners(settings.listeners);
        Duration ttl = settings.claimTtl;
        Outage outage = new Outage(claims::ping, timer, this::afterOutage);
        OneAtATime oneAtATime = new OneAtATime();
        Handlers handlers = new Handlers(settings.handlers, settings.failurePolicy);
        JsonPayloads payloads = new JsonPayloads(settings.mapper);
        this.group = new GroupCommit(claims, outage, oneAtATime, threads);
        this.held = new HeldTasks(claims);
        Returns returns = new Returns(
                held,
                oneAtATime,
                outage,
                listener,
                nextPoll,
                settings.blockAfter,
                settings.query().again(),
                settings.buildId);
        Committer committer = new Committer(
                settings.snapshots,
                group,
                oneAtATime,
                waiting,
                returns,
                handlers,
                outage,
                listener,
                ttl,
                nextPoll,
                new Doubts(claims, outage, oneAtATime, ttl));
        HandlerCalls calls = new HandlerCalls(
                settings.handlerSnapshots,
                payloads,
                new Failures(handlers, payloads),
                timer,
                listener,
                settings.interruptGrace,
                (task, held, ending) -> committer.end(task, held, ending, () -> false, next -> {}),
                settings.transactionManager.map(manager -> new Transactions(
                        manager, settings.handlerSnapshots, settings.handlerClaims, handlers, ttl, System::nanoTime)));
        this.heartbeat = new Heartbeat(claims, held, outage, listener, ttl, settings.heartbeat, timer);
        this.cancels = new Cancels(settings.signals, held, outage, oneAtATime, listener, settings.heartbeat, timer);
        this.unhandled = new Unhandled(
                claims, settings.repairs, settings.query(), outage, oneAtATime, nextPoll, settings.triesBlocked);
        Crashes crashes = new Crashes(handlers);
        TaskRunner runner = new TaskRunner(threads, handlers, crashes, calls, committer, held, returns);
        Dispatcher dispatcher = new Dispatcher(
                claims,
                runner,
                held,
                returns,
                outage,
                listener,
                settings.query(),
                settings.pollInterval,
                slots,
                nextPoll,
                crashes);
        this.dispatching = WorkerThreads.platform("sayiir-dispatcher-").newThread(dispatcher);
    }

    /**
     * @param backend where the instances are kept
     * @param <B> a store of snapshots, signals and claims, and of repairs
     * @return a builder of a worker on it
     */
    public static <B extends SnapshotStore & SignalStore & TaskClaimStore & RepairStore> TaskWorkerBuilder builder(
            B backend) {
        return new TaskWorkerBuilder(backend, backend, backend).repairs(backend);
    }

    /**
     * @param snapshots the snapshots
     * @param signals the signals of the same instances
     * @param claims the claims on their tasks
     * @return a builder of a worker on these stores
     */
    public static TaskWorkerBuilder builder(SnapshotStore snapshots, SignalStore signals, TaskClaimStore claims) {
        return new TaskWorkerBuilder(snapshots, signals, claims);
    }

    /** @return the name under which it claims tasks */
    public String workerId() {
        return settings.workerId;
    }

    /**
     * Begins to claim tasks, in threads of its own.
     *
     * @throws IllegalStateException if it was started or stopped before; build another worker then
     */
    public synchronized void start() {
        if (started || stopped) {
            throw new IllegalStateException("Worker '" + settings.workerId + "' was started before; build another one");
        }
        started = true;
        every(settings.heartbeat, heartbeat::beat);
        cancels.lookIn(settings.heartbeat);
        every(settings.lookEvery(), unhandled::look);
        group.start();
        subscription = settings.wakeUps.map(wakeUps -> wakeUps.onWakeUp(source -> nextPoll.hint()));
        dispatching.start();
        log.info("Worker '{}' does tasks of {}", settings.workerId, settings.workflows);
    }

    private void every(Duration time, Runnable work) {
        var unused = timer.scheduleWithFixedDelay(work, time.toNanos(), time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** What it has comes first, before others find that its claims have ended. */
    private void afterOutage() {
        heartbeat.beat();
        nextPoll.hint();
    }

    /**
     * Stops: claims nothing more, lets tasks that are under way finish, interrupts those that have not by the end of the
     * grace period, and gives back what it still has. To stop it again does nothing.
     *
     * @param grace how long tasks may take to finish, 0 to 36,500 days
     * @throws IllegalArgumentException if it is out of its range
     */
    public synchronized void stop(Duration grace) {
        Waits.requireWait("grace period", grace);
        if (stopped) {
            return;
        }
        stopped = true;
        nextPoll.stop();
        subscription.ifPresent(WakeUps.Subscription::close);
        boolean interrupted = false;
        try {
            dispatching.join(grace.plus(settings.interruptGrace).toMillis());
            if (!slots.tryAcquire(settings.concurrency, grace.toNanos(), TimeUnit.NANOSECONDS)) {
                held.stopAll();
                giveTime();
            }
        } catch (InterruptedException e) {
            held.stopAll();
            interrupted = true;
        }
        timer.shutdownNow();
        group.close();
        threads.close();
        waiting.shutdownNow();
        giveBack();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** To those that were interrupted. */
    private void giveTime() throws InterruptedException {
        if (!slots.tryAcquire(settings.concurrency, settings.interruptGrace.toNanos(), TimeUnit.NANOSECONDS)) {
            held.stuck()
                    .forEach(task -> log.warn(
                            "The handler of {} does not heed its interrupt; the worker leaves it behind", task));
        }
    }

    private void giveBack() {
        if (!started) {
            return;
        }
        try {
            int released = held.giveBack();
            log.info("Worker '{}' has stopped and gave back {} tasks", settings.workerId, released);
        } catch (RuntimeException e) {
            log.warn(
                    "Worker '{}' has stopped; the tasks that it had are free when their claims end",
                    settings.workerId,
                    e);
        }
    }

    /** Stops with the grace period that it was built with. */
    @Override
    public void close() {
        stop(settings.shutdownTimeout);
    }
}
