package dev.sayiir.postgres;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.PurgedKind;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.postgres.RetentionRepository.Batch;
import dev.sayiir.postgres.RetentionRepository.Position;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
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
 * next run. Any number of processes may run it: a batch begins only if no other one is under way in the whole database.
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
     */
    public record Purged(long instances, long versions, long events) {}

    /**
     * Deletes batch after batch until nothing is left that is old enough, somebody else is at it, or the thread is
     * interrupted.
     *
     * @return what this run has deleted
     * @throws org.springframework.dao.DataAccessException if the database fails; the batches before that stay deleted
     */
    public Purged run() {
        Purged purged = new Purged(
                finished.map(this::purgeInstances).orElse(0L),
                versions.map(this::purgeVersions).orElse(0L),
                events.map(this::purgeEvents).orElse(0L));
        if (purged.instances() + purged.versions() + purged.events() > 0) {
            LOG.info(
                    "Retention has deleted {} finished instances, {} checkpoints and {} log entries",
                    purged.instances(),
                    purged.versions(),
                    purged.events());
        }
        return purged;
    }

    private long purgeInstances(Duration keep) {
        long total = 0;
        for (WorkflowStatus status : WorkflowStatus.values()) {
            if (status.isTerminal()) {
                long deleted;
                do {
                    deleted = inTurn(() -> repository.deleteFinished(status, keep, batchSize))
                            .orElse(0L);
                    total = report(PurgedKind.INSTANCES, deleted, total);
                } while (deleted == batchSize && !Thread.currentThread().isInterrupted());
            }
        }
        return total;
    }

    private long purgeVersions(Duration keep) {
        long total = 0;
        Position from = Position.START;
        while (from != null && !Thread.currentThread().isInterrupted()) {
            Position here = from;
            Batch<Position> batch = inTurn(() -> repository.deleteVersions(here, keep, batchSize))
                    .orElseGet(() -> new Batch<>(0, null));
            total = report(PurgedKind.VERSIONS, batch.deleted(), total);
            from = batch.next();
        }
        return total;
    }

    private long purgeEvents(Duration keep) {
        long total = 0;
        Long after = 0L;
        while (after != null && !Thread.currentThread().isInterrupted()) {
            long here = after;
            Batch<Long> batch =
                    inTurn(() -> repository.deleteEvents(here, keep, batchSize)).orElseGet(() -> new Batch<>(0, null));
            total = report(PurgedKind.EVENTS, batch.deleted(), total);
            after = batch.next();
        }
        return total;
    }

    /** Empty if another process is at it. */
    private <T> Optional<T> inTurn(Supplier<T> batch) {
        return transactions.execute(transaction -> repository.begin() ? Optional.of(batch.get()) : Optional.<T>empty());
    }

    private long report(PurgedKind kind, long deleted, long before) {
        if (deleted > 0) {
            LOG.debug("Retention: a batch of {} {}", deleted, kind);
            observer.purged(kind, deleted);
        }
        return before + deleted;
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
         * @param rows how many rows a batch deletes at most, {@value #DEFAULT_BATCH_SIZE} unless said; an instance counts as
         *     one whatever belongs to it
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
