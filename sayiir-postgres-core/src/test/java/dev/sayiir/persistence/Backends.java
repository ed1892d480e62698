package dev.sayiir.persistence;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.PostgresServer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Every backend that keeps the contract. To run the suite on some of them only: {@code
 * -Dsayiir.test.backends=in-memory,postgres-17}.
 */
final class Backends {

    private static final List<Backend> ALL = Stream.concat(
                    Stream.of(new Backend("in-memory", () -> Stores.of(new InMemoryBackend()))),
                    PostgresServer.SUPPORTED.stream().map(Backends::postgres))
            .toList();

    private Backends() {}

    @SuppressWarnings("resource") // the database lives as long as its server
    private static Backend postgres(int major) {
        return new Backend(
                "postgres-" + major,
                () -> Stores.of(PostgresBackend.builder(
                                PostgresServer.of(major).newDatabase().dataSource())
                        .build()));
    }

    static Stream<Backend> all() {
        Optional<List<String>> wanted = Optional.ofNullable(System.getProperty("sayiir.test.backends"))
                .map(names -> Arrays.asList(names.split(",", -1)));
        return ALL.stream().filter(backend -> wanted.isEmpty() || wanted.get().contains(backend.name()));
    }
}
