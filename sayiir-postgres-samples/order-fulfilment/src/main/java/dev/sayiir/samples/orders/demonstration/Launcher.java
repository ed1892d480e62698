package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.samples.orders.OrderFulfilmentApplication;
import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.core.env.SimpleCommandLinePropertySource;

/** What {@code spring-boot:run} and {@code java -jar} start. */
public final class Launcher {

    private Launcher() {}

    /**
     * Runs the application.
     *
     * @param arguments options of the demonstration, and Spring Boot's properties
     */
    public static void main(String[] arguments) {
        // Spring Boot sets logging up when it starts; the database starts earlier.
        LoggingSystem.get(Launcher.class.getClassLoader()).beforeInitialize();
        SimpleCommandLinePropertySource options = new SimpleCommandLinePropertySource(arguments);
        if (options.containsProperty("end-with-parent")) {
            EndWithParent.watch();
        }
        DatabaseSettings database = DatabaseSettings.given(options).orElseGet(() -> DatabaseSettings.of(start()));
        SpringApplication application = new SpringApplication(OrderFulfilmentApplication.class);
        application.setMainApplicationClass(OrderFulfilmentApplication.class);
        application.setDefaultProperties(database.properties());
        application.run(arguments);
    }

    @SuppressWarnings(
            "resource") // closed by the shutdown handler, which runs after contexts and their pools are closed
    private static EmbeddedDatabase start() {
        EmbeddedDatabase database = new EmbeddedDatabase(home());
        SpringApplication.getShutdownHandlers().add(database::close);
        return database.start();
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
