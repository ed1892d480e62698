package dev.sayiir.worker;

import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.testing.RowRules;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.sql.DataSource;

/** What the worker is tried on. A store whose clock is not that of the worker shows that the worker's does not matter. */
enum TestBackend {
    IN_MEMORY(() -> Stores.of(new InMemoryBackend())),
    TEN_MINUTES_AHEAD(() -> Stores.of(new InMemoryBackend(Clock.offset(Clock.systemUTC(), Duration.ofMinutes(10))))),
    TEN_MINUTES_BEHIND(() -> Stores.of(new InMemoryBackend(Clock.offset(Clock.systemUTC(), Duration.ofMinutes(-10))))),
    POSTGRES_13(() -> postgres(13)),
    POSTGRES_17(() -> postgres(17));

    private static final Map<TestBackend, Stores> MADE = new ConcurrentHashMap<>();

    @SuppressWarnings("ImmutableEnumChecker")
    private final Supplier<Stores> factory;

    TestBackend(Supplier<Stores> factory) {
        this.factory = factory;
    }

    @SuppressWarnings("resource") // the database lives as long as its server
    private static Stores postgres(int major) {
        DataSource dataSource = PostgresServer.of(major).newDatabase().dataSource();
        PostgresBackend backend = PostgresBackend.builder(dataSource).build();
        RowRules.enforce(dataSource);
        return Stores.of(backend);
    }

    /** Those that {@code -Dsayiir.test.backends} names, as for the contract suite; all of them if it names none of these. */
    static List<TestBackend> wanted() {
        List<String> named =
                List.of(System.getProperty("sayiir.test.backends", "").split(",", -1));
        List<TestBackend> wanted = Stream.of(values())
                .filter(backend -> named.contains(backend.propertyValue()))
                .toList();
        return wanted.isEmpty() ? List.of(values()) : wanted;
    }

    private String propertyValue() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The same for all tests. */
    Stores stores() {
        return MADE.computeIfAbsent(this, backend -> backend.factory.get());
    }

    record Stores(
            SnapshotStore snapshots,
            SignalStore signals,
            TaskClaimStore claims,
            WorkflowQueries queries,
            SnapshotHistory history,
            EventLog events,
            RepairStore repairs) {

        static <
                        B extends
                                SnapshotStore & SignalStore & TaskClaimStore & WorkflowQueries & SnapshotHistory
                                        & EventLog & RepairStore>
                Stores of(B backend) {
            return new Stores(backend, backend, backend, backend, backend, backend, backend);
        }
    }
}
