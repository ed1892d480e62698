package dev.sayiir.benchmarks;

import dev.sayiir.benchmarks.codec.CodecCommand;
import dev.sayiir.postgres.NotifyMode;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the benchmarks on a server of their own, or on one that is given. */
@Command(
        name = "benchmarks",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        subcommands = {CodecCommand.class, StartUpCommand.class},
        description = "Measures the stores and the worker, and what plain JDBC does on the same server.")
public final class Benchmarks implements Callable<Integer> {

    private static final int SPARE_CONNECTIONS = 4;

    @Option(names = "--url", description = "JDBC URL of a durable PostgreSQL 15 or later; without it, one is started.")
    Optional<String> url = Optional.empty();

    @Option(names = "--user", defaultValue = "postgres", description = "Role to connect as (${DEFAULT-VALUE}).")
    String user = "postgres";

    @Option(names = "--password", defaultValue = "postgres", description = "Its password (${DEFAULT-VALUE}).")
    String password = "postgres";

    @Option(
            names = "--workloads",
            split = ",",
            description = "Which ones to run, all unless said: ${COMPLETION-CANDIDATES}.",
            completionCandidates = Names.class)
    Set<String> workloads = Set.of();

    @Option(names = "--rounds", defaultValue = "5", description = "How often each is measured (${DEFAULT-VALUE}).")
    int rounds = 5;

    @Option(names = "--warm-ups", defaultValue = "1", description = "Rounds before that (${DEFAULT-VALUE}).")
    int warmUps = 1;

    @Option(
            names = "--operations",
            defaultValue = "20000",
            description = "How many operations each does in a round (${DEFAULT-VALUE}).")
    int operations = 20_000;

    @Option(
            names = "--concurrency",
            defaultValue = "16",
            description = "Threads, or tasks at once, 1 to 64 (${DEFAULT-VALUE}).")
    int concurrency = 16;

    @Option(
            names = "--processes",
            defaultValue = "1",
            description = "Processes that the tasks of workers are spread over, 1 to 16 (${DEFAULT-VALUE}).")
    int processes = 1;

    @Option(
            names = "--finished",
            split = ",",
            description = "Also with so many finished instances, with checkpoints and tasks, in the stores.")
    List<Integer> finished = List.of();

    @Option(
            names = "--parked",
            split = ",",
            description = "Also with so many instances that wait for an event in the stores.")
    List<Integer> parked = List.of();

    @Option(
            names = "--old-snapshot",
            description = "All again while a transaction elsewhere holds a snapshot that is older than all of it.")
    boolean oldSnapshot;

    @Option(
            names = "--notify",
            defaultValue = "POLL",
            description = "How workers hear of tasks: ${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
    NotifyMode notifyMode = NotifyMode.POLL;

    @Option(
            names = "--limit",
            defaultValue = "PT5M",
            description = "How long one may take in one round, as in PT90S (${DEFAULT-VALUE}).")
    Duration limit = Duration.ofMinutes(5);

    @Option(
            names = "--quick",
            description = "2,000 operations in 1 round: shows that it works, and little about speed.")
    boolean quick;

    @Option(names = "--json", description = "Where to write the JSON (target/benchmarks.json, or benchmarks.json).")
    Optional<Path> json = Optional.empty();

    @Spec
    CommandSpec spec = CommandSpec.create();

    private final PrintStream out = System.out;

    /** The names of the workloads, for the help. */
    static final class Names extends java.util.ArrayList<String> {
        private static final long serialVersionUID = 1L;

        Names() {
            super(Catalog.names());
        }
    }

    /**
     * Runs the benchmarks and ends the process: with status 0 if all ran, 1 if one failed, 2 if an option is wrong.
     *
     * @param args options; {@code --help} lists them
     */
    public static void main(String[] args) {
        System.exit(new CommandLine(new Benchmarks())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }

    @Override
    public Integer call() throws Exception {
        List<Workload> selected = selected();
        if (url.isPresent()) {
            run(new Address(url.get(), user, password), selected);
            return 0;
        }
        try (EmbeddedServer server = EmbeddedServer.start(home().resolve("benchmark-server"), Map.of())) {
            out.println("Started an embedded PostgreSQL with " + EmbeddedServer.SETTINGS);
            run(server.address(), selected);
        }
        return 0;
    }

    private List<Workload> selected() {
        requireRange("--concurrency", concurrency, 64);
        requireRange("--processes", processes, 16);
        requireRange("--rounds", rounds, 1_000);
        requireRange("--operations", operations, 10_000_000);
        try {
            return Catalog.select(workloads);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private void requireRange(String option, int value, int most) {
        if (value < 1 || value > most) {
            throw new ParameterException(spec.commandLine(), option + " is " + value + "; it must be 1 to " + most);
        }
    }

    private void run(Address address, List<Workload> selected) throws Exception {
        try (Database database = Database.open(address, concurrency + SPARE_CONNECTIONS)) {
            database.requireFit();
            try (Variations variations = Variations.prepare(database, notifyMode, finished, parked, out)) {
                Load load = new Load(concurrency, quick ? 2_000 : operations, processes, limit);
                Rounds all = new Rounds(database, out);
                all.run(selected, variations.all(), load, warmUps, quick ? 1 : rounds);
                if (oldSnapshot) {
                    try (OldSnapshot held = OldSnapshot.take(address)) {
                        out.println(held);
                        all.run(selected, variations.also("+old-snapshot"), load, 0, quick ? 1 : rounds);
                    }
                }
                out.println();
                out.print(TextReport.of(all.results()));
                Path file = json.orElse(home().resolve("benchmarks.json")).toAbsolutePath();
                JsonReport.write(environment(database, load), all.results(), file);
                out.println("\nWritten to " + file);
            }
        }
    }

    private Map<String, String> environment(Database database, Load load) throws Exception {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("taken_at", Instant.now().toString());
        environment.put("server", database.row("SELECT version()").get(0));
        for (String setting : EmbeddedServer.SETTINGS.keySet()) {
            environment.put(
                    setting,
                    database.row("SELECT current_setting('" + setting + "')").get(0));
        }
        environment.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        environment.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        environment.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        environment.put("load", load.toString());
        environment.put("notify", notifyMode.toString());
        return environment;
    }

    /** The module's target folder when run by Maven, else where it is run. */
    static Path home() {
        Path target = Path.of("target");
        return Files.isDirectory(target) ? target : Path.of("");
    }
}
