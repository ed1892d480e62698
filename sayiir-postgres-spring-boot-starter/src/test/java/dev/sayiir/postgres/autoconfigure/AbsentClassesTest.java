package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.util.ClassUtils;

/** Whatever is optional may be absent, and workflows are done all the same. */
class AbsentClassesTest extends WorkerStarterTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org.springframework.boot.actuate, org.springframework.boot.health",
                "io.micrometer.core, org.springframework.boot.micrometer",
                "io.micrometer.core, io.micrometer.tracing, org.springframework.boot.micrometer,"
                        + " org.springframework.boot.actuate, org.springframework.boot.health",
                "org.springframework.web, jakarta.servlet",
                "org.springframework.orm, jakarta.persistence",
                "org.springframework.boot.testcontainers, org.testcontainers",
                "org.springframework.boot.docker.compose",
                "org.springframework.boot.test.autoconfigure, org.junit"
            })
    void it_does_without(String packages) {
        fulfilment()
                .withConfiguration(AutoConfigurations.of(all()))
                .withPropertyValues("sayiir.postgres.retention.events=30d")
                .withClassLoader(new FilteredClassLoader(packages.split(",\\s*")))
                .run(context ->
                        assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
    }

    /** Those of the starter. */
    private static Class<?>[] all() {
        Class<?>[] all = ImportCandidates.load(AutoConfiguration.class, null).getCandidates().stream()
                .filter(name -> name.startsWith("dev.sayiir."))
                .map(name -> ClassUtils.resolveClassName(name, null))
                .toArray(Class<?>[]::new);
        assertThat(all).contains(SayiirMetricsAutoConfiguration.class, SayiirEndpointAutoConfiguration.class);
        return all;
    }
}
