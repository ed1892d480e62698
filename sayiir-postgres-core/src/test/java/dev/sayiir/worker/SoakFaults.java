package dev.sayiir.worker;

import dev.sayiir.testing.ChildJvm;
import dev.sayiir.testing.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Worker processes, and what befalls them and the rows of their instances, at random. Ends every process that it started. */
final class SoakFaults implements AutoCloseable {

    private static final Path LOGS = Path.of("target", "soak-processes");
    private static final int PROCESSES = 3;
    private static final int LONGEST_HOLD_SECONDS = 4;
    private static final int LONGEST_STOP_MILLIS = 2 * (int) SoakProcess.TTL.toMillis();
    private static final String OWN = "soak-test";

    enum Kind {
        KILL,
        STAND_STILL,
        TERMINATE,
        HOLD_ROWS
    }

    private final Database database;
    private final JdbcTemplate jdbc;
    private final TransactionTemplate transactions;
    private final Random random;
    private final ExecutorService holders = Executors.newCachedThreadPool();
    private final List<ChildJvm> processes = new ArrayList<>();
    private final List<CompletableFuture<?>> passing = new ArrayList<>();
    private final Map<Kind, Integer> counts = new EnumMap<>(Kind.class);
    private int started;

    /** @param jdbc by connections that are named as {@link #ownUrl} does */
    SoakFaults(Database database, JdbcTemplate jdbc, long seed) {
        this.database = database;
        this.jdbc = jdbc;
        this.transactions = new TransactionTemplate(new DataSourceTransactionManager(jdbc.getDataSource()));
        this.random = new Random(seed);
        try {
            Files.createDirectories(LOGS);
            try (var old = Files.list(LOGS)) {
                for (Path log : old.toList()) {
                    Files.delete(log);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("No folder for the output of the processes", e);
        }
    }

    /** The test's own connections, which nobody terminates. */
    static String ownUrl(Database database) {
        return database.url() + "?ApplicationName=" + OWN;
    }

    void startProcesses() {
        for (int i = 0; i < PROCESSES; i++) {
            processes.add(start());
        }
    }

    private ChildJvm start() {
        return ChildJvm.start(
                SoakProcess.class,
                LOGS.resolve("process-" + started++ + ".log"),
                database.url(),
                database.username(),
                database.password());
    }

    /** One after the other, until the time is over and all kinds have come; then waits for those that pass. */
    void inject(Duration time, BooleanSupplier longEnough) {
        long end = System.nanoTime() + time.toNanos();
        long latest = end + TimeUnit.MINUTES.toNanos(2);
        while (System.nanoTime() < end || !(counts.size() == Kind.values().length && longEnough.getAsBoolean())) {
            if (System.nanoTime() > latest) {
                throw new AssertionError("After two minutes more than " + time + " there were " + counts + " only");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200 + random.nextInt(800)));
            requireAlive();
            passing.removeIf(CompletableFuture::isDone);
            Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
            if (inject(kind)) {
                counts.merge(kind, 1, Integer::sum);
            }
        }
        passing.forEach(CompletableFuture::join);
    }

    /** Whether there was something to harm. */
    private boolean inject(Kind kind) {
        int which = random.nextInt(processes.size());
        return switch (kind) {
            case KILL -> kill(which);
            case STAND_STILL -> {
                boolean free = passing.size() < PROCESSES;
                if (free) {
                    passing.add(
                            processes.get(which).standStill(Duration.ofMillis(random.nextInt(LONGEST_STOP_MILLIS))));
                }
                yield free;
            }
            case TERMINATE ->
                !jdbc.queryForList("""
                        SELECT pg_terminate_backend(a.pid) FROM (
                            SELECT pid FROM pg_stat_activity
                            WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> ?
                            ORDER BY random() LIMIT ?) AS a
                        """, OWN, 1 + random.nextInt(5)).isEmpty();
            case HOLD_ROWS -> {
                passing.add(CompletableFuture.runAsync(hold(1 + random.nextInt(LONGEST_HOLD_SECONDS)), holders));
                yield true;
            }
        };
    }

    /** One that has done something by now, so that there is progress; and puts another in its place. */
    private boolean kill(int which) {
        ChildJvm process = processes.get(which);
        if (!process.output().contains(SoakProcess.WORKING)) {
            return false;
        }
        process.kill();
        processes.set(which, start());
        return true;
    }

    private Runnable hold(int seconds) {
        return () -> transactions.executeWithoutResult(status -> {
            jdbc.queryForList("""
                    SELECT w.instance_id FROM sayiir.sayiir_workflows AS w
                    WHERE w.status = 'InProgress' LIMIT 3 FOR UPDATE SKIP LOCKED
                    """);
            jdbc.queryForList("""
                    SELECT t.instance_id FROM sayiir.sayiir_task_claims AS t
                    WHERE t.claim_token IS NOT NULL LIMIT 2 FOR UPDATE SKIP LOCKED
                    """);
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
        });
    }

    private void requireAlive() {
        if (!processes.stream().allMatch(ChildJvm::isAlive)) {
            throw new AssertionError("A worker process ended by itself; see " + LOGS.toAbsolutePath());
        }
    }

    Map<Kind, Integer> counts() {
        return counts;
    }

    int processesStarted() {
        return started;
    }

    /** What the processes have logged: lines of their own, not those of stack traces. */
    List<String> logged() {
        try (var logs = Files.list(LOGS)) {
            List<String> lines = new ArrayList<>();
            for (Path log : logs.toList()) {
                Files.readAllLines(log).stream()
                        .filter(line -> line.matches("\\d\\d:\\d\\d:\\d\\d\\..*"))
                        .forEach(lines::add);
            }
            return lines;
        } catch (IOException e) {
            throw new UncheckedIOException("The output of the processes cannot be read", e);
        }
    }

    @Override
    public void close() {
        holders.shutdownNow(); // whoever holds rows lets go of them
        processes.forEach(ChildJvm::close);
        passing.forEach(it ->
                it.orTimeout(1, TimeUnit.MINUTES).exceptionally(failure -> null).join());
    }
}
