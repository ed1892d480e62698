package dev.sayiir.samples.orders;

import dev.sayiir.persistence.WorkflowSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.ExitCodeGenerator;
import tools.jackson.databind.json.JsonMapper;

/** The whole story: a life that is killed, one that carries on, and a report. It only watches; the lives do the work. */
final class TwoLives implements ApplicationRunner, ExitCodeGenerator {

    private static final DateTimeFormatter RUN =
            DateTimeFormatter.ofPattern("'run-'yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

    private final int crashAfter;
    private final LifeLauncher launcher;
    private final Auditor auditor;
    private final Report report;
    private final JsonMapper mapper;
    private final Console console;
    private boolean allIsWell;

    TwoLives(
            int crashAfter, LifeLauncher launcher, Auditor auditor, Report report, JsonMapper mapper, Console console) {
        this.crashAfter = crashAfter;
        this.launcher = launcher;
        this.auditor = auditor;
        this.report = report;
        this.mapper = mapper;
        this.console = console;
    }

    @Override
    public void run(ApplicationArguments arguments) throws IOException, InterruptedException {
        Instant started = Instant.now();
        Path journal = Files.createTempFile("order-fulfilment-", ".journal");
        try {
            allIsWell = run(RUN.format(started), started.truncatedTo(ChronoUnit.SECONDS), journal);
        } finally {
            Files.deleteIfExists(journal);
        }
    }

    private boolean run(String run, Instant started, Path journal) throws InterruptedException {
        console.line(run + ": each order goes through " + Step.path() + ", with a checkpoint after every step.");
        int exitCode = launcher.live(new RunSettings(run, 1, journal, crashAfter));
        if (exitCode != PowerCut.EXIT_CODE) {
            console.line("Life 1 was to be killed in the middle of its step " + crashAfter
                    + ", but ended with exit code " + exitCode + ".");
            return false;
        }
        Map<String, WorkflowSummary> afterLife1 = auditor.columns(run);
        console.line("Life 1 was killed in the middle of its step " + crashAfter + ". The columns say: "
                + statuses(afterLife1) + ".");

        exitCode = launcher.live(new RunSettings(run, 2, journal, crashAfter));
        if (exitCode != 0) {
            console.line("Life 2 was to finish all orders, but ended with exit code " + exitCode + ".");
            return false;
        }
        console.line("Life 2 came to its end. The columns say: " + statuses(auditor.columns(run)) + ".");

        Audit audit = auditor.audit(run, afterLife1, new Journal(journal, mapper).entries());
        report.print(audit, started);
        return audit.problems().isEmpty();
    }

    private static String statuses(Map<String, WorkflowSummary> columns) {
        return columns.values().stream()
                .collect(Collectors.groupingBy(WorkflowSummary::status, TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }

    @Override
    public int getExitCode() {
        return allIsWell ? 0 : 1;
    }
}
