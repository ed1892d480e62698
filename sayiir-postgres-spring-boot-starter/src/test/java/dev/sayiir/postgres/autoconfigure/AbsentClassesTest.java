package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.PostgresBackend;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.test.context.FilteredClassLoader;

/** Whatever is optional may be absent, and the stores are there all the same. */
class AbsentClassesTest extends StarterTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.springframework.boot.actuate, org.springframework.boot.health",
                "io.micrometer.core, org.springframework.boot.micrometer",
                "org.springframework.web, jakarta.servlet",
                "org.springframework.orm, jakarta.persistence",
                "org.springframework.boot.testcontainers, org.testcontainers",
                "org.springframework.boot.docker.compose",
                "org.springframework.boot.test.autoconfigure, org.junit"
            })
    void it_does_without(String packages) {
        FilteredClassLoader without = new FilteredClassLoader(packages.split(", "));
        onOwnDatabase().withClassLoader(without).run(context -> {
            assertThat(context).hasSingleBean(PostgresBackend.class);
            context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
        });
    }
}
