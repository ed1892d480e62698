package dev.sayiir.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts an application in turn with the starter and without, each time in a new JVM, on a schema that is there already. */
@Command(
        name = "start-up",
        mixinStandardHelpOptions = true,
        description = "Measures what the starter adds to the start of an application.")
public final class StartUpCommand implements Callable<Integer> {

    @Option(names = "--times", defaultValue = "9", description = "How often each is started (${DEFAULT-VALUE}).")
    int times = 9;

    /** Made by the command line. */
    public StartUpCommand() {}

    @Override
    public Integer call() throws IOException, InterruptedException {
        try (EmbeddedServer server = EmbeddedServer.start(Benchmarks.home().resolve("benchmark-server"), Map.of())) {
            measure(server.address());
        }
        return 0;
    }

    private void measure(Address address) throws IOException, InterruptedException {
        List<Start> without = new ArrayList<>();
        List<Start> with = new ArrayList<>();
        List<Start> more = new ArrayList<>();
        // The first pair creates the schema, and brings the class path into the cache of the file system.
        for (int pair = 0; pair <= times; pair++) {
            Start plain = start(address, false);
            Start whole = start(address, true);
            print(pair == 0 ? "warm-up" : "pair " + pair, plain, whole, whole.minus(plain));
            if (pair > 0) {
                without.add(plain);
                with.add(whole);
                more.add(whole.minus(plain));
            }
        }
        print("medians", Start.median(without), Start.median(with), Start.median(more));
    }

    /** How long a start took, and how much of it the process was at work, in milliseconds. */
    private record Start(double wall, double cpu) {

        Start minus(Start other) {
            return new Start(wall - other.wall, cpu - other.cpu);
        }

        static Start median(List<Start> starts) {
            return new Start(
                    Spread.of(starts.stream().map(Start::wall).toList()).median(),
                    Spread.of(starts.stream().map(Start::cpu).toList()).median());
        }
    }

    private static void print(String what, Start without, Start with, Start more) {
        System.out.printf(
                Locale.ROOT,
                "%-8s without the starter %,6.0f ms (CPU %,6.0f), with it %,6.0f ms (CPU %,6.0f): %,6.0f ms (CPU %,6.0f) more%n",
                what,
                without.wall(),
                without.cpu(),
                with.wall(),
                with.cpu(),
                more.wall(),
                more.cpu());
    }

    /** From main until the context has started; CPU time from the start of the JVM. */
    private static Start start(Address address, boolean withStarter) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        StartedApplication.class.getName(),
                        "--sayiir.postgres.enabled=" + withStarter)
                .redirectErrorStream(true);
        builder.environment()
                .putAll(Map.of(
                        "SPRING_DATASOURCE_URL", address.url(),
                        "SPRING_DATASOURCE_USERNAME", address.user(),
                        "SPRING_DATASOURCE_PASSWORD", address.password()));
        Process process = builder.start();
        List<String> said = new ArrayList<>();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                said.add(line);
            }
        } finally {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
        Optional<String> result = said.stream()
                .filter(line -> line.startsWith(StartedApplication.STARTED))
                .findFirst();
        return result.map(line ->
                        line.substring(StartedApplication.STARTED.length()).split(" ", -1))
                .map(nanos -> new Start(Double.parseDouble(nanos[0]) / 1e6, Double.parseDouble(nanos[1]) / 1e6))
                .orElseThrow(
                        () -> new IOException("The application did not start. It said:\n" + String.join("\n", said)));
    }
}
