package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.PurgedKind;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.WakeUpSource;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.MeterRegistry;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/** Counts what happens in the stores beside the operations themselves; every counter is there from the start. */
final class StoreMeters implements StoreObserver {

    private final MeterRegistry registry;
    private final DistributionSummary snapshotSize;
    private final Counter claimsLost;
    private final Map<WakeUpSource, Counter> wakeUps;
    private final Map<PurgedKind, Counter> purged;
    private final Map<PurgedKind, Counter> passedOver;

    StoreMeters(MeterRegistry registry) {
        this.registry = registry;
        this.snapshotSize = DistributionSummary.builder("sayiir.snapshot.size")
                .description("Encoded snapshots, without inputs and outputs.")
                .baseUnit("bytes")
                .register(registry);
        this.claimsLost = Counter.builder("sayiir.claims.lost")
                .description("Claims that somebody else had taken over when their holder came back.")
                .register(registry);
        this.wakeUps = counters(
                WakeUpSource.class,
                source -> Counter.builder("sayiir.wakeups")
                        .description("Hints that a task may be due, by where they came from.")
                        .tag("source", source));
        this.purged = counters(
                PurgedKind.class,
                kind -> Counter.builder("sayiir.rows.purged")
                        .description("What retention has deleted.")
                        .tag("kind", kind));
        this.passedOver = counters(
                PurgedKind.class,
                kind -> Counter.builder("sayiir.rows.passed.over")
                        .description("What runs of retention could not delete, counted again by each run.")
                        .tag("kind", kind));
        Stream.of(
                        SnapshotStore.class,
                        TaskResultStore.class,
                        SignalStore.class,
                        TaskClaimStore.class,
                        RepairStore.class)
                .flatMap(store -> Stream.of(store.getMethods()))
                .filter(method -> Modifier.isAbstract(method.getModifiers()))
                .map(Method::getName)
                .forEach(this::retries);
    }

    @Override
    public void snapshotEncoded(int bytes) {
        snapshotSize.record(bytes);
    }

    @Override
    public void retried(StoreOperation operation) {
        retries(operation.name()).increment();
    }

    @Override
    public void wokenUp(WakeUpSource source) {
        increment(wakeUps, source, 1);
    }

    @Override
    public void claimsLost(int claims) {
        claimsLost.increment(claims);
    }

    @Override
    public void purged(PurgedKind kind, long rows) {
        increment(purged, kind, (double) rows);
    }

    @Override
    public void passedOver(PurgedKind kind, long rows) {
        increment(passedOver, kind, (double) rows);
    }

    private Counter retries(String operation) {
        return Counter.builder("sayiir.retries")
                .description("Operations that were tried again after a transient failure of the database.")
                .tag("operation", operation)
                .register(registry);
    }

    private static <E extends Enum<E>> void increment(Map<E, Counter> counters, E key, double amount) {
        Counter counter = counters.get(key);
        if (counter != null) {
            counter.increment(amount);
        }
    }

    private <E extends Enum<E>> Map<E, Counter> counters(Class<E> type, Function<String, Counter.Builder> builder) {
        Map<E, Counter> counters = new EnumMap<>(type);
        for (E constant : type.getEnumConstants()) {
            counters.put(
                    constant,
                    builder.apply(constant.name().toLowerCase(Locale.ROOT)).register(registry));
        }
        return counters;
    }
}
