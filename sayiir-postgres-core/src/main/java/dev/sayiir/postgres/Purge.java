package dev.sayiir.postgres;

import dev.sayiir.postgres.RetentionRepository.Deleted;
import dev.sayiir.postgres.RetentionRepository.Page;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * One walk through what is old of one kind, page by page, each page in a transaction of its own. What a transaction fails on
 * is narrowed down by halves until the guilty one is alone; that one is passed over, and the walk goes on behind it. So a
 * number of guilty ones costs that number of transactions times the logarithm of a page.
 *
 * @param <K> what tells one from the others, and where it stands in their order
 */
final class Purge<K> {

    private final RetentionRepository repository;
    private final TransactionTemplate transactions;
    private final Function<K, Page<K>> next;
    private final Function<List<K>, Deleted<K>> delete;
    private long deleted;
    private long passedOver;
    private @Nullable PassedOver<K> example;

    /**
     * @param next the page after that
     * @param delete what one transaction is to do
     */
    Purge(
            RetentionRepository repository,
            TransactionTemplate transactions,
            Function<K, Page<K>> next,
            Function<List<K>, Deleted<K>> delete) {
        this.repository = repository;
        this.transactions = transactions;
        this.next = next;
        this.delete = delete;
    }

    /** One that could not be deleted, and why. */
    record PassedOver<K>(K key, RuntimeException why) {}

    long passedOver() {
        return passedOver;
    }

    /** The first one. */
    Optional<PassedOver<K>> example() {
        return Optional.ofNullable(example);
    }

    /**
     * Until nothing is left, somebody else is at it, or the thread is interrupted.
     *
     * @param told how many rows each transaction has deleted
     * @return how many in all
     * @throws DataAccessException if it is not due to what was to be deleted
     */
    long run(K start, LongConsumer told) {
        Optional<K> from = Optional.of(start);
        while (from.isPresent() && !Thread.currentThread().isInterrupted()) {
            Page<K> page = next.apply(from.get());
            from = isDone(page.old(), told) ? page.last() : Optional.empty();
        }
        return deleted;
    }

    /** False if somebody else is at it. */
    private boolean isDone(List<K> old, LongConsumer told) {
        Deque<List<K>> parts = new ArrayDeque<>();
        add(parts, old);
        while (!parts.isEmpty() && !Thread.currentThread().isInterrupted()) {
            List<K> part = parts.pop();
            try {
                Optional<Deleted<K>> done = inTurn(part);
                if (done.isEmpty()) {
                    return false;
                }
                add(parts, done.get().unfinished());
                deleted += done.get().rows();
                told.accept(done.get().rows());
            } catch (DataAccessException | TransactionException failure) {
                if (!RetentionFailure.isOfWhatWasToBeDeleted(failure)) {
                    throw failure;
                }
                narrow(parts, part, failure);
            }
        }
        return true;
    }

    private void narrow(Deque<List<K>> parts, List<K> part, RuntimeException failure) {
        if (part.size() == 1) {
            passedOver++;
            example = example == null ? new PassedOver<>(part.get(0), failure) : example;
        } else {
            int half = part.size() / 2;
            add(parts, part.subList(half, part.size()));
            add(parts, part.subList(0, half));
        }
    }

    private static <K> void add(Deque<List<K>> parts, List<K> part) {
        if (!part.isEmpty()) {
            parts.push(part);
        }
    }

    private Optional<Deleted<K>> inTurn(List<K> part) {
        return transactions.execute(
                transaction -> repository.begin() ? Optional.of(delete.apply(part)) : Optional.<Deleted<K>>empty());
    }
}
