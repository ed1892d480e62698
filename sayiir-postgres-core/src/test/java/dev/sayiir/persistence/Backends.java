package dev.sayiir.persistence;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.event.InstanceEvent;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.PostgresBackendBuilder;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.OddSettings;
import dev.sayiir.testing.PgBouncer;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.testing.RowRules;
import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * Every backend that keeps the contract. To run the suite on some of them only: {@code
 * -Dsayiir.test.backends=in-memory,postgres-17}.
 */
final class Backends {

    private static final List<Backend> ALL = Stream.of(
                    Stream.of(new Backend("in-memory", Backends::inMemory)),
                    PostgresServer.SUPPORTED.stream()
                            .map(major -> new Backend("postgres-" + major, () -> on(PostgresServer.of(major)))),
                    Stream.of(new Backend(
                                    "postgres-of-distribution",
                                    () -> on(PostgresServer.ofDistribution().orElseThrow())))
                            .filter(backend -> PostgresServer.hasDistribution()),
                    Stream.of(new Backend("postgres-17-odd-settings", Backends::withOddSettings)),
                    Stream.of(new Backend("postgres-17-pgbouncer", Backends::throughPgBouncer))
                            .filter(backend -> PgBouncer.isInstalled()))
            .flatMap(backends -> backends)
            .toList();

    private Backends() {}

    private static Stores inMemory() {
        List<InstanceEvent> told = new CopyOnWriteArrayList<>();
        return Stores.of(new InMemoryBackend(Clock.systemUTC(), ValueLimits.DEFAULT, told::add), told);
    }

    @SuppressWarnings("resource") // the database lives as long as its server
    private static Stores on(PostgresServer server) {
        DataSource dataSource = server.newDatabase().dataSource();
        return ruled(PostgresBackend.builder(dataSource), dataSource);
    }

    @SuppressWarnings("resource") // the database lives as long as its server
    private static Stores withOddSettings() {
        Database database = PostgresServer.of(17).newDatabase();
        OddSettings.together(database);
        DataSource dataSource = database.dataSource();
        return ruled(PostgresBackend.builder(dataSource), dataSource);
    }

    @SuppressWarnings("resource") // the database lives as long as its server
    private static Stores throughPgBouncer() {
        Database database = PostgresServer.of(17).newDatabase();
        String url = PgBouncer.before(database).through(database.url());
        return ruled(PostgresBackend.builder(new HikariDataSource(database.poolConfig(url))), database.dataSource());
    }

    private static Stores ruled(PostgresBackendBuilder builder, DataSource dataSource) {
        List<InstanceEvent> told = new CopyOnWriteArrayList<>();
        PostgresBackend backend = builder.eventListener(told::add).build();
        RowRules.enforce(dataSource);
        return Stores.of(backend, told);
    }

    static Stream<Backend> all() {
        Optional<List<String>> wanted = wanted();
        return ALL.stream().filter(backend -> wanted.isEmpty() || wanted.get().contains(backend.name()));
    }

    /** Those that the suite is to run on; empty if on all. */
    static Optional<List<String>> wanted() {
        return Optional.ofNullable(System.getProperty("sayiir.test.backends"))
                .map(names -> Arrays.asList(names.split(",", -1)));
    }
}
