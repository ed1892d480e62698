package dev.sayiir.postgres;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.PurgedKind;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.postgres.RetentionRepository.Entry;
import dev.sayiir.postgres.RetentionRepository.Instance;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Deletes what is older than it has to be kept: finished instances, checkpoints and entries of the event log. Nothing is
 * deleted that was not asked for, nor anything that is still needed: no unfinished instance, no checkpoint of which a later
 * one that stays is made, no request or event that is pending.
 *
 * <p>It works in batches, each in a transaction of its own, and waits for nobody; what others have locked comes with the
 * next run. So does what cannot be deleted, because a table of the application refers to it or a trigger refuses: it is
 * passed over, all that is behind it goes, and the log says how much it was, with an example. Any number of processes may run
 * it: a batch begins only if no other one is under way in the whole database.
 *
 * <pre>{@code
 * Retention retention = Retention.builder(dataSource)
 *         .keepFinished(Duration.ofDays(30))
 *         .keepVersions(Duration.ofDays(7))
 *         .build();
 * retention.run(); // now and then
 * }</pre>
 */
public final class Retention {

    /** How many rows a batch deletes at most, unless said otherwise. */
    public static final int DEFAULT_BATCH_SIZE = 1000;

    private static final Logger LOG = LoggerFactory.getLogger(Retention.class);

    private final RetentionRepository repository;
    private final TransactionTemplate transactions;
    private final Optional<Duration> finished;
    private final Optional<Duration> versions;
    private final Optional<Duration> events;
    private final int batchSize;
    private final StoreObserver observer;
    private final LogLimit undeletable = new LogLimit();

    private Retention(Builder builder) {
        this.repository = new RetentionRepository(
                new NamedParameterJdbcTemplate(builder.dataSource), new SchemaName(builder.schema));
        this.transactions = new TransactionTemplate(new DataSourceTransactionManager(builder.dataSource));
        this.transactions.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
        this.finished = Optional.ofNullable(builder.finished);
        this.versions = Optional.ofNullable(builder.versions);
        this.events = Optional.ofNullable(builder.events);
        this.batchSize = builder.batchSize;
        this.observer = builder.observer;
    }

    /**
     * @param dataSource leads to the database
     * @return a builder that keeps everything for ever until it is told otherwise
     */
    public static Builder builder(DataSource dataSource) {
        return new Builder(dataSource);
    }

    /**
     * What a run has deleted.
     *
     * @param instances finished instances, with all that belongs to them
     * @param versions checkpoints of instances that stay
     * @param events entries of the event log of instances that stay
     * @param passedOver what was old enough and could not be deleted, of all three kinds together: instances that stay or
     *     whose checkpoints stay, and entries. What others had locked is not in it, unless deleting it had begun
     */
    public record Purged(long instances, long versions, long events, long passedOver) {}

    /**
     * Deletes batch after batch until nothing is left that is old enough, somebody else is at it, or the thread is
     * interrupted. One kind that fails does not keep it from the others.
     *
     * @return what this run has deleted
     * @throws org.springframework.dao.DataAccessException if the database fails, and not only for some rows; the batches
     *     before that stay deleted
     */
    public Purged run() {
        List<RuntimeException> failures = new ArrayList<>();
        Counts instances = attempt(finished, this::purgeInstances, failures);
        Counts checkpoints = attempt(versions, this::purgeVersions, failures);
        Counts entries = attempt(events, this::purgeEvents, failures);
        if (instances.deleted() + checkpoints.deleted() + entries.deleted() > 0) {
            LOG.info(
                    "Retention has deleted {} finished instances, {} checkpoints and {} log entries",
                    instances.deleted(),
                    checkpoints.deleted(),
                    entries.deleted());
        }
        if (!failures.isEmpty()) {
            RuntimeException first = failures.get(0);
            failures.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
        return new Purged(
                instances.deleted(),
                checkpoints.deleted(),
                entries.deleted(),
                instances.passedOver() + checkpoints.passedOver() + entries.passedOver());
    }

    private record Counts(long deleted, long passedOver) {

        static final Counts NONE = new Counts(0, 0);

        Counts plus(Counts more) {
            return new Counts(deleted + more.deleted, passedOver + more.passedOver);
        }
    }

    private static Counts attempt(
            Optional<Duration> keep, Function<Duration, Counts> purge, List<RuntimeException> failures) {
        try {
            return keep.map(purge).orElse(Counts.NONE);
        } catch (RuntimeException e) {
            failures.add(e);
            return Counts.NONE;
        }
    }

    private Counts purgeInstances(Duration keep) {
        Counts total = Counts.NONE;
        for (WorkflowStatus status : WorkflowStatus.values()) {
            if (status.isTerminal()) {
                Purge<Instance> purge = new Purge<>(
                        repository,
                        transactions,
                        after -> repository.finished(after, status, keep, batchSize),
                        old -> repository.deleteFinished(old, status, keep));
                total = total.plus(walk(PurgedKind.INSTANCES, purge, Instance.START, Instance::instanceId));
            }
        }
        return total;
    }

    private Counts purgeVersions(Duration keep) {
        Purge<Instance> purge = new Purge<>(
                repository,
                transactions,
                after -> repository.withOldVersions(after, keep, batchSize),
                old -> repository.deleteVersions(old, keep, batchSize));
        return walk(PurgedKind.VERSIONS, purge, Instance.START, Instance::instanceId);
    }

    private Counts purgeEvents(Duration keep) {
        Purge<Entry> purge = new Purge<>(
                repository,
                transactions,
                after -> repository.oldEvents(after, keep, batchSize),
                repository::deleteEvents);
        return walk(PurgedKind.EVENTS, purge, Entry.START, Entry::instanceId);
    }

    private <K> Counts walk(PurgedKind kind, Purge<K> purge, K start, Function<K, String> instanceId) {
        try {
            return new Counts(purge.run(start, rows -> report(kind, rows)), purge.passedOver());
        } finally {
            if (purge.passedOver() > 0) {
                observer.passedOver(kind, purge.passedOver());
            }
            purge.example()
                    .ifPresent(example -> undeletable.log(more -> LOG.warn(
                            "Retention has passed over {} of the {} that are old enough, and tries again with the next run. The first"
                                    + " is of instance '{}': {}{}",
                            purge.passedOver(),
                            kind.name().toLowerCase(Locale.ROOT),
                            instanceId.apply(example.key()),
                            RetentionFailure.text(example.why()),
                            more)));
        }
    }

    private void report(PurgedKind kind, long deleted) {
        if (deleted > 0) {
            LOG.debug("Retention: a batch of {} {}", deleted, kind);
            observer.purged(kind, deleted);
        }
    }

    /** Builds a {@link Retention}. Not for use by several threads. */
    public static final class Builder {

        private final DataSource dataSource;
        private String schema = SchemaMigrator.DEFAULT_SCHEMA;
        private @Nullable Duration finished;
        private @Nullable Duration versions;
        private @Nullable Duration events;
        private int batchSize = DEFAULT_BATCH_SIZE;
        private StoreObserver observer = StoreObserver.NONE;

        private Builder(DataSource dataSource) {
            this.dataSource = dataSource;
        }

        /**
         * @param name the schema that holds the tables, {@value SchemaMigrator#DEFAULT_SCHEMA} unless said
         * @return this
         * @throws IllegalArgumentException if there can be no schema of that name
         */
        public Builder schema(String name) {
            this.schema = new SchemaName(name).name();
            return this;
        }

        /**
         * @param duration how long to keep an instance once it is completed, failed or cancelled, up to {@value
         *     ClaimQuery#MAX_DAYS} days
         * @return this
         * @throws IllegalArgumentException if the duration is out of its range
         */
        public Builder keepFinished(Duration duration) {
            this.finished = ClaimQuery.requireDuration("keepFinished", duration);
            return this;
        }

        /**
         * @param duration how far back an instance can be loaded as it was, up to {@value ClaimQuery#MAX_DAYS} days
         * @return this
         * @throws IllegalArgumentException if the duration is out of its range
         */
        public Builder keepVersions(Duration duration) {
            this.versions = ClaimQuery.requireDuration("keepVersions", duration);
            return this;
        }

        /**
         * @param duration how long to keep entries of the event log that are not pending, up to {@value
         *     ClaimQuery#MAX_DAYS} days
         * @return this
         * @throws IllegalArgumentException if the duration is out of its range
         */
        public Builder keepEvents(Duration duration) {
            this.events = ClaimQuery.requireDuration("keepEvents", duration);
            return this;
        }

        /**
         * @param rows how many rows a batch deletes at most, {@value #DEFAULT_BATCH_SIZE} unless said, with all that belongs
         *     to an instance; one that has more by itself is deleted whole, in a transaction of its own
         * @return this
         * @throws IllegalArgumentException if it is below 1
         */
        public Builder batchSize(int rows) {
            if (rows < 1) {
                throw new IllegalArgumentException("The batch size is " + rows + "; it must be at least 1");
            }
            this.batchSize = rows;
            return this;
        }

        /**
         * @param storeObserver is told what is deleted
         * @return this
         */
        public Builder observer(StoreObserver storeObserver) {
            this.observer = storeObserver;
            return this;
        }

        /** @return the retention; it does nothing until it is run */
        public Retention build() {
            return new Retention(this);
        }
    }
}
