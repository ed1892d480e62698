package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.samples.orders.OrderFulfilmentApplication;
import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.core.env.SimpleCommandLinePropertySource;

/**
 * What {@code spring-boot:run} and {@code java -jar} start: the demonstration, or with {@code --serve} the application. It
 * brings a database unless it is given one.
 */
public final class Launcher {

    private static final int WRONG_USE = 2;

    private Launcher() {}

    /**
     * Runs the demonstration to its end, or the application until it is stopped. The exit code of the demonstration is 0 if
     * all is well, 1 if not, and 2 if the arguments cannot be understood.
     *
     * @param arguments options of the demonstration, and Spring Boot's properties
     * @throws Exception if it cannot be started
     */
    public static void main(String[] arguments) throws Exception {
        Console console = Console.ofProcess();
        Options options;
        Optional<DatabaseSettings> given;
        try {
            options = Options.parse(arguments);
            given = DatabaseSettings.given(new SimpleCommandLinePropertySource(arguments));
            if (options.killServer() && given.isPresent()) {
                throw new IllegalArgumentException(
                        "--kill-server kills no server but the embedded one, and a database was named");
            }
        } catch (IllegalArgumentException e) {
            console.line(String.valueOf(e.getMessage()));
            System.exit(WRONG_USE);
            return;
        }
        if (options.endWithParent()) {
            EndWithParent.watch();
        }
        // Spring Boot sets logging up when it starts; the database starts earlier.
        LoggingSystem.get(Launcher.class.getClassLoader()).beforeInitialize();
        Optional<EmbeddedDatabase> embedded = given.isPresent() ? Optional.empty() : Optional.of(start(console));
        DatabaseSettings database =
                given.or(() -> embedded.map(DatabaseSettings::of)).orElseThrow();
        if (options.serve()) {
            serve(options, database);
        } else {
            System.exit(demonstrate(options, database, embedded, console) ? 0 : 1);
        }
    }

    private static void serve(Options options, DatabaseSettings database) {
        SpringApplication application = new SpringApplication(OrderFulfilmentApplication.class);
        application.setMainApplicationClass(OrderFulfilmentApplication.class);
        application.setDefaultProperties(database.properties());
        application.run(options.springArguments().toArray(String[]::new));
    }

    private static boolean demonstrate(
            Options options, DatabaseSettings database, Optional<EmbeddedDatabase> embedded, Console console)
            throws IOException, InterruptedException {
        Run run = Run.begin(home().resolve("logs"));
        Demonstration demonstration = new Demonstration(options, database, embedded, run, console);
        Runtime.getRuntime().addShutdownHook(new Thread(demonstration::stop));
        console.line(options.workers() + " worker processes are killed again and again while orders flow for "
                + options.seconds() + " s. They log to " + run.logs());
        try {
            Optional<Audit> audit = demonstration.run();
            audit.ifPresent(it -> Report.print(it, console));
            return audit.isPresent() && audit.get().problems().isEmpty();
        } catch (RuntimeException e) {
            if (demonstration.isStopped()) {
                return false; // what it was using has been closed under its feet
            }
            throw e;
        }
    }

    @SuppressWarnings(
            "resource") // closed by the shutdown handler, which runs after contexts and their pools are closed
    private static EmbeddedDatabase start(Console console) {
        EmbeddedDatabase database = new EmbeddedDatabase(home());
        SpringApplication.getShutdownHandlers().add(database::close);
        database.start();
        console.line("Started an embedded PostgreSQL " + database.version()
                + ": fsync on, synchronous_commit on, reachable from this machine only.");
        return database;
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
