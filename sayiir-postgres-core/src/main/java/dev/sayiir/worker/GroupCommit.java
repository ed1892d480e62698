package dev.sayiir.worker;

import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommitResult.NotStored;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskCommit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores results together: while one group is being stored the next one gathers, and nothing waits for company. If a group
 * fails as a whole, its members are stored one by one beside the groups, and so is what has failed by itself: it finds its
 * own end, and holds up nobody but those who share its fate.
 */
final class GroupCommit implements AutoCloseable {

    /** How many results are stored together, at most. */
    static final int MOST = 64;

    /** How many bytes they bring, at most, unless it is one that brings more. */
    static final long MOST_BYTES = 4L << 20;

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskClaimStore claims;
    private final Outage outage;
    private final OneAtATime oneAtATime;
    private final BlockingQueue<Ready> together = new LinkedBlockingQueue<>();
    private final BlockingQueue<Ready> alone = new PriorityBlockingQueue<>(
            16, Comparator.comparingInt(Ready::tries).thenComparingLong(Ready::number));
    private final AtomicLong stored = new AtomicLong();
    private final AtomicLong numbers = new AtomicLong();
    private final List<Thread> threads;
    private volatile boolean closed;

    GroupCommit(TaskClaimStore claims, Outage outage, OneAtATime oneAtATime) {
        this.claims = claims;
        this.outage = outage;
        this.oneAtATime = oneAtATime;
        var factory = WorkerThreads.platform("sayiir-commit-");
        this.threads =
                List.of(factory.newThread(() -> run(this::storeGroup)), factory.newThread(() -> run(this::storeOne)));
    }

    /**
     * A result that is to be stored, and what has become of it.
     *
     * @param tries how often it was tried by itself; those that were not come first
     */
    private record Ready(
            TaskCommit commit, long bytes, int tries, long number, CompletableFuture<CommitResult> result) {

        String instanceId() {
            return commit.claim().instanceId();
        }

        /** Of a whole instance, so that it cannot be stored together with anything else of it. */
        boolean isOfWholeInstance() {
            return commit instanceof TaskCommit.OfTask;
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    /**
     * Stores a result, as soon as the group before is stored.
     *
     * @param tries how often it was tried by itself, and has failed; if it was, it is stored alone
     * @throws InterruptedException if the worker stops; what follows from the result, if it is stored after all, is given
     *     back
     */
    CommitResult store(TaskCommit commit, int tries) throws InterruptedException {
        Ready ready =
                new Ready(commit, CommitSize.of(commit), tries, numbers.incrementAndGet(), new CompletableFuture<>());
        (tries == 0 ? together : alone).add(ready);
        if (closed) {
            ready.result().cancel(false);
        }
        try {
            return ready.result().get();
        } catch (ExecutionException e) {
            throw new AssertionError(e); // a result is never completed by an exception
        } catch (CancellationException e) {
            throw new InterruptedException("The worker has stopped");
        } catch (InterruptedException e) {
            if (ready.result().cancel(false)) {
                throw e;
            }
            Thread.currentThread().interrupt();
            return ready.result().join();
        }
    }

    /** How many results have been stored so far. */
    long stored() {
        return stored.get();
    }

    @FunctionalInterface
    private interface Step {
        void take() throws InterruptedException;
    }

    private static void run(Step step) {
        try {
            while (true) {
                step.take();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void storeGroup() throws InterruptedException {
        List<Ready> group = takeGroup();
        if (group.isEmpty()) {
            return;
        }
        try {
            deliver(group, commit(group));
        } catch (RuntimeException | Error e) {
            if (group.size() > 1 && !outage.isAway(e)) {
                log.debug("{} results could not be stored together, and are one by one", group.size(), e);
                alone.addAll(group);
            } else {
                refuse(group, e);
            }
        }
    }

    private void storeOne() throws InterruptedException {
        List<Ready> one = List.of(alone.take());
        if (one.get(0).result().isDone()) {
            return;
        }
        try {
            deliver(one, oneAtATime.call(() -> commit(one)));
        } catch (RuntimeException | Error e) {
            refuse(one, e);
        }
    }

    private List<CommitResult> commit(List<Ready> group) {
        List<CommitResult> results =
                claims.commitTasks(group.stream().map(Ready::commit).toList());
        if (results.size() != group.size()) {
            throw new IllegalStateException(
                    "The store was given " + group.size() + " results and tells of " + results.size());
        }
        return results;
    }

    /** What is ready, in its order, as far as it can be stored together. */
    private List<Ready> takeGroup() throws InterruptedException {
        List<Ready> group = new ArrayList<>();
        Set<String> instances = new HashSet<>();
        Set<String> wholeInstances = new HashSet<>();
        long bytes = 0;
        Ready next = together.take();
        while (next != null) {
            if (!next.result().isDone()) {
                group.add(next);
                instances.add(next.instanceId());
                if (next.isOfWholeInstance()) {
                    wholeInstances.add(next.instanceId());
                }
                bytes += next.bytes();
            }
            Ready after = together.peek();
            boolean fits = after != null
                    && group.size() < MOST
                    && !wholeInstances.contains(after.instanceId())
                    && !(after.isOfWholeInstance() && instances.contains(after.instanceId()))
                    && (group.isEmpty() || bytes + after.bytes() <= MOST_BYTES);
            next = fits ? together.poll() : null;
        }
        return group;
    }

    private void deliver(List<Ready> group, List<CommitResult> results) {
        for (int i = 0; i < group.size(); i++) {
            if (results.get(i) instanceof Stored) {
                stored.incrementAndGet();
            }
            if (!group.get(i).result().complete(results.get(i)) && results.get(i) instanceof Stored late) {
                late.next().ifPresent(this::giveBack);
            }
        }
    }

    /** Nobody waits for it any more, since the worker stops. */
    private void giveBack(TaskClaim claim) {
        try {
            claims.releaseTaskClaims(List.of(claim), Duration.ZERO);
        } catch (RuntimeException e) {
            log.debug("Task '{}' is free when its claim ends", claim.taskId(), e);
        }
    }

    private static void refuse(List<Ready> group, Throwable failure) {
        RuntimeException reason = failure instanceof RuntimeException passed
                ? passed
                : new IllegalStateException("The store failed with " + ErrorText.of(failure), failure);
        group.forEach(ready -> ready.result().complete(new NotStored(reason)));
    }

    /** What is being stored is stored; nothing else is. */
    @Override
    public void close() {
        closed = true;
        threads.forEach(Thread::interrupt);
        together.forEach(ready -> ready.result().cancel(false));
        alone.forEach(ready -> ready.result().cancel(false));
    }
}
