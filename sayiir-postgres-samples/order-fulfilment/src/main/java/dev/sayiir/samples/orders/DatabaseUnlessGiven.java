package dev.sayiir.samples.orders;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/** Starts an embedded PostgreSQL if {@code sayiir.postgres.url} names none. */
final class DatabaseUnlessGiven implements ApplicationContextInitializer<ConfigurableApplicationContext> {

    @Override
    @SuppressWarnings(
            "resource") // closed by the shutdown handler, which runs after the context and its pool are closed
    public void initialize(ConfigurableApplicationContext context) {
        ConfigurableEnvironment environment = context.getEnvironment();
        if (environment.containsProperty("sayiir.postgres.url")) {
            return;
        }
        EmbeddedDatabase database = new EmbeddedDatabase(home());
        SpringApplication.getShutdownHandlers().add(database::close);
        database.start();
        new Console()
                .line("Started an embedded PostgreSQL " + database.version()
                        + " for this run: fsync on, synchronous_commit on, reachable from this machine only.");
        Map<String, Object> properties = Map.of(
                "sayiir.postgres.url", database.url(),
                "sayiir.postgres.username", EmbeddedDatabase.USERNAME,
                "sayiir.postgres.password", EmbeddedDatabase.PASSWORD);
        environment.getPropertySources().addFirst(new MapPropertySource("embedded PostgreSQL", properties));
    }

    /** The module's target folder when run by Maven; else, say as a jar on its own, a temporary one. */
    private static Path home() {
        Path target = Path.of("target");
        return Files.isDirectory(target)
                ? target.resolve("embedded-postgres").toAbsolutePath()
                : Path.of(
                        System.getProperty("java.io.tmpdir"),
                        "sayiir-order-fulfilment-" + System.getProperty("user.name"));
    }
}
