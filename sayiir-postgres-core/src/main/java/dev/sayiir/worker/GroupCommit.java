package dev.sayiir.worker;

import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommitResult.NotStored;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskCommit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores results together: while one group is being stored the next one gathers, and nothing waits for company. Whoever
 * brings a result while nothing is being stored stores it, with all that are ready by then; what can be begun is begun
 * first. If a group fails as a whole, its members are stored one by one beside the groups, and so is what has failed by
 * itself: it finds its own end, and holds up nobody but those who share its fate.
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
    private final TaskThreads threads;
    private final Queue<ReadyResult> together = new ArrayDeque<>();
    private final BlockingQueue<ReadyResult> alone = new PriorityBlockingQueue<>(
            16, Comparator.comparingInt(ReadyResult::tries).thenComparingLong(ReadyResult::number));
    private final AtomicLong stored = new AtomicLong();
    private final AtomicLong numbers = new AtomicLong();
    private final Thread oneByOne;

    /** Whether a group is being stored, or a thread is about to do so. */
    private boolean underWay;

    private List<ReadyResult> group = List.of();
    private volatile boolean closed;

    GroupCommit(TaskClaimStore claims, Outage outage, OneAtATime oneAtATime, TaskThreads threads) {
        this.claims = claims;
        this.outage = outage;
        this.oneAtATime = oneAtATime;
        this.threads = threads;
        this.oneByOne = WorkerThreads.platform("sayiir-commit-").newThread(this::storeOneByOne);
    }

    void start() {
        oneByOne.start();
    }

    /**
     * Stores a result, as soon as the group before is stored; on this thread, if there is none and nothing else to begin.
     *
     * @param tries how often it was tried by itself, and has failed; if it was, it is stored alone
     * @param answer is told what has become of it, once, by whichever thread has stored it
     */
    void store(TaskCommit commit, int tries, ReadyResult.Answer answer) {
        ReadyResult ready = new ReadyResult(commit, tries, numbers.incrementAndGet(), answer);
        if (tries > 0) {
            alone.add(ready);
        } else if (isFirst(ready) && !threads.later(this::storeGroups)) {
            storeGroups();
        }
        if (closed) {
            ready.stop();
        }
    }

    private synchronized boolean isFirst(ReadyResult ready) {
        together.add(ready);
        boolean first = !underWay;
        underWay = true;
        return first;
    }

    /** How many results have been stored so far. */
    long stored() {
        return stored.get();
    }

    private void storeGroups() {
        do {
            List<ReadyResult> taken = takeGroup();
            if (!taken.isEmpty()) {
                store(taken);
            }
        } while (hasMore() && !threads.later(this::storeGroups));
    }

    private synchronized boolean hasMore() {
        group = List.of();
        underWay = !together.isEmpty();
        return underWay;
    }

    private void store(List<ReadyResult> taken) {
        List<CommitResult> results;
        try {
            results = commit(taken);
        } catch (RuntimeException | Error e) {
            if (taken.size() > 1 && !outage.isAway(e)) {
                log.debug("{} results could not be stored together, and are one by one", taken.size(), e);
                alone.addAll(taken);
            } else {
                refuse(taken, e);
            }
            return;
        }
        deliver(taken, results);
    }

    private void storeOneByOne() {
        try {
            while (true) {
                List<ReadyResult> one = List.of(alone.take());
                if (!one.get(0).isAnswered()) {
                    storeOne(one);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    private void storeOne(List<ReadyResult> one) throws InterruptedException {
        List<CommitResult> results;
        try {
            results = oneAtATime.call(() -> commit(one));
        } catch (RuntimeException | Error e) {
            refuse(one, e);
            return;
        }
        deliver(one, results);
    }

    private List<CommitResult> commit(List<ReadyResult> all) {
        List<CommitResult> results =
                claims.commitTasks(all.stream().map(ReadyResult::commit).toList());
        if (results.size() != all.size()) {
            throw new IllegalStateException(
                    "The store was given " + all.size() + " results and tells of " + results.size());
        }
        return results;
    }

    /** What is ready, in its order, as far as it can be stored together. */
    private synchronized List<ReadyResult> takeGroup() {
        List<ReadyResult> taken = new ArrayList<>();
        Set<String> instances = new HashSet<>();
        Set<String> wholeInstances = new HashSet<>();
        long bytes = 0;
        for (ReadyResult next = together.peek(); next != null; next = together.peek()) {
            boolean fits = taken.size() < MOST
                    && !wholeInstances.contains(next.instanceId())
                    && !(next.isOfWholeInstance() && instances.contains(next.instanceId()))
                    && (taken.isEmpty() || bytes + next.bytes() <= MOST_BYTES);
            if (!fits && !next.isAnswered()) {
                break;
            }
            together.remove();
            if (!next.isAnswered()) {
                taken.add(next);
                instances.add(next.instanceId());
                if (next.isOfWholeInstance()) {
                    wholeInstances.add(next.instanceId());
                }
                bytes += next.bytes();
            }
        }
        group = taken;
        return taken;
    }

    private void deliver(List<ReadyResult> all, List<CommitResult> results) {
        for (int i = 0; i < all.size(); i++) {
            CommitResult result = results.get(i);
            if (result instanceof Stored) {
                stored.incrementAndGet();
            }
            if (!all.get(i).answer(result) && result instanceof Stored late) {
                late.next().ifPresent(this::giveBack);
            }
        }
    }

    /** Nobody waits for it any more, since the worker stops. */
    private void giveBack(TaskClaim claim) {
        try {
            claims.releaseTaskClaims(List.of(claim), Duration.ZERO);
        } catch (RuntimeException | Error e) {
            log.debug("Task '{}' is free when its claim ends", claim.taskId(), e);
        }
    }

    private static void refuse(List<ReadyResult> all, Throwable failure) {
        RuntimeException reason = failure instanceof RuntimeException passed
                ? passed
                : new IllegalStateException("The store failed with " + ErrorText.of(failure), failure);
        all.forEach(ready -> ready.answer(new NotStored(reason)));
    }

    /** What is being stored is stored, though nobody hears of it; nothing else is. */
    @Override
    public void close() {
        closed = true;
        oneByOne.interrupt();
        unanswered().forEach(ReadyResult::stop);
    }

    private synchronized List<ReadyResult> unanswered() {
        List<ReadyResult> all = new ArrayList<>(group);
        all.addAll(together);
        all.addAll(alone);
        return all;
    }
}
