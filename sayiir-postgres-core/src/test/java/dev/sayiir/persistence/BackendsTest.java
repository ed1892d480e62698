package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sayiir.testing.PostgresServer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** That the contract suite runs on every backend; it says so where it does not. {@link PgBouncerTest} has the last one. */
class BackendsTest {

    @Test
    void the_contract_suite_runs_in_memory_and_on_every_server_that_is_supported() {
        List<String> names = Backends.all().map(Backend::name).toList();
        assumeTrue(Backends.wanted().isEmpty(), () -> "The contract suite has run on " + names + " only");

        assertThat(names)
                .containsAll(Stream.concat(
                                Stream.of("in-memory"),
                                PostgresServer.SUPPORTED.stream().map(major -> "postgres-" + major))
                        .toList());
    }
}
