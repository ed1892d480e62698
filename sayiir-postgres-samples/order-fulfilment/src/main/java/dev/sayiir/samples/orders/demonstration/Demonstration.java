package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.persistence.RepairStore;
import dev.sayiir.samples.orders.OrderCatalog;
import dev.sayiir.samples.orders.OrderService;
import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import dev.sayiir.worker.Workflow;
import java.util.Optional;
import org.springframework.boot.SpringApplication;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Lets orders flow to a bad deploy, which is repaired, and to worker processes that are killed again and again; and finds
 * out at the end, from the history in the database, what became of each order.
 */
final class Demonstration {

    private final Options options;
    private final DatabaseSettings database;
    private final Optional<EmbeddedDatabase> embedded;
    private final Run run;
    private final Console console;
    private volatile boolean stopped;

    /**
     * @param options what is wanted
     * @param database where the database is
     * @param embedded the server there, if it is ours to kill
     * @param run the run
     * @param console where to tell what happens
     */
    Demonstration(
            Options options, DatabaseSettings database, Optional<EmbeddedDatabase> embedded, Run run, Console console) {
        this.options = options;
        this.database = database;
        this.embedded = embedded;
        this.run = run;
        this.console = console;
    }

    /** Runs to the end, and stops all processes that it has started. Empty if it was stopped before. */
    Optional<Audit> run() throws InterruptedException {
        try (FrontDesk desk = FrontDesk.open(run, database, options.springArguments());
                BadDeploy bad =
                        new BadDeploy(run, database, options, desk.get(RepairStore.class), desk.get(Workflow.class));
                WorkerFleet fleet = new WorkerFleet(run, database, options)) {
            SpringApplication.getShutdownHandlers().add(bad::close);
            SpringApplication.getShutdownHandlers().add(fleet::close);
            console.line(
                    "Orders are taken at " + desk.url() + "/orders; figures at " + desk.url() + "/actuator/sayiir");
            JdbcClient jdbc = desk.get(JdbcClient.class);
            Intake intake = new Intake(
                    run,
                    desk.get(OrderService.class),
                    desk.get(OrderCatalog.class).orders());
            Faults faults = new Faults(run, fleet, jdbc, console);
            HistoryReader history = new HistoryReader(jdbc, run);
            Attempts attempts = new Attempts(console);
            OrderFlow flow = new OrderFlow(fleet, intake, history, attempts, console, () -> stopped);
            flow.deploy(bad);
            flow.begin(options, faults);
            flow.repair(bad);
            flow.place(options, faults, embedded);
            flow.finish();
            return stopped
                    ? Optional.empty()
                    : Optional.of(attempts.untilAnswered(() -> new Audit(
                            intake.accepted(),
                            history.orders(),
                            history.claims(),
                            history.dropped(),
                            history.blocks(),
                            faults.counts())));
        }
    }

    /** From another thread: lets {@link #run} come to its end soon. */
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }
}
