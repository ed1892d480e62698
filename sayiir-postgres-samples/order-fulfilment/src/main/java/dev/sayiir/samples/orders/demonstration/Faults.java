package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Does to the workers, the connections and the server what else only happens by accident. */
final class Faults {

    private static final Duration OUTAGE = Duration.ofSeconds(1);

    private final Run run;
    private final WorkerFleet fleet;
    private final Claims claims;
    private final JdbcClient jdbc;
    private final Console console;
    private final List<Claims.Held> orphans = new ArrayList<>();
    private final Set<String> atWork = new HashSet<>();
    private int kills;
    private int cuts;
    private int serverKills;

    Faults(Run run, WorkerFleet fleet, JdbcClient jdbc, Console console) {
        this.run = run;
        this.fleet = fleet;
        this.claims = new Claims(jdbc);
        this.jdbc = jdbc;
        this.console = console;
    }

    /** How many of the workers that run have come to have tasks so far. */
    int atWork() {
        atWork.addAll(claims.holders());
        return (int) fleet.running().stream()
                .filter(worker -> atWork.contains(worker.workerId()))
                .count();
    }

    /**
     * Kills the oldest of the workers that have tasks, unless it is the only one that has got to work so far. Whether it has
     * been done.
     */
    boolean killWorker() {
        int working = atWork();
        Set<String> holders = claims.holders();
        List<WorkerProcess> running = fleet.running();
        Optional<WorkerProcess> oldest = running.stream()
                .filter(worker -> holders.contains(worker.workerId()))
                .findFirst();
        if (oldest.isEmpty() || working < Math.min(2, running.size())) {
            return false;
        }
        WorkerProcess victim = oldest.get();
        victim.kill();
        kills++;
        List<Claims.Held> held = claims.of(victim.workerId());
        orphans.addAll(held);
        console.line("      killed " + run.shortName(victim.workerId()) + " (process " + victim.pid()
                + "); tasks that it was doing: " + held.size());
        return true;
    }

    /** Cuts all connections of this run, its own but this one as well. */
    void cutConnections() {
        int cut = jdbc.sql("""
                        SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
                        WHERE application_name = :run AND pid <> pg_backend_pid()""").param("run", run.name()).query(Integer.class).single();
        cuts += cut;
        console.line("      cut " + cut + " connections to the database");
    }

    /** Kills the server, and starts it again after a while. */
    void killServer(EmbeddedDatabase database) throws InterruptedException {
        database.kill();
        serverKills++;
        console.line("      killed the database server");
        Thread.sleep(OUTAGE.toMillis());
        database.startAgain();
        console.line("      started it again");
    }

    /** What was done, and how many of the tasks of killed workers somebody else has taken over. */
    FaultCounts counts() {
        int takenOver = (int) orphans.stream().filter(claims::isTakenOver).count();
        return new FaultCounts(kills, orphans.size(), takenOver, cuts, serverKills);
    }
}
