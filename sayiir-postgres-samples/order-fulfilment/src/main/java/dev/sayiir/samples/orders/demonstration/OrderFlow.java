package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** What goes on during a demonstration, in one thread: orders are placed and approved, and something breaks. */
final class OrderFlow {

    private static final Duration TICK = Duration.ofMillis(20);
    private static final Duration BETWEEN_ORDERS = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final WorkerFleet fleet;
    private final Intake intake;
    private final HistoryReader history;
    private final Attempts attempts;
    private final Console console;
    private final BooleanSupplier stopped;
    private final Pace approvals = new Pace(Duration.ofSeconds(1));
    private final Pace progress = new Pace(Duration.ofSeconds(2));
    private final long began = System.nanoTime();

    OrderFlow(
            WorkerFleet fleet,
            Intake intake,
            HistoryReader history,
            Attempts attempts,
            Console console,
            BooleanSupplier stopped) {
        this.fleet = fleet;
        this.intake = intake;
        this.history = history;
        this.attempts = attempts;
        this.console = console;
        this.stopped = stopped;
    }

    /** Deploys the bad build alone, and places orders until it has blocked all of them, or should have. */
    void deploy(BadDeploy bad) throws InterruptedException {
        bad.deploy();
        int[] blocked = {0};
        while (!stopped.getAsBoolean()
                && blocked[0] < BadDeploy.ORDERS
                && since(began).compareTo(PATIENCE) < 0) {
            if (intake.count() < BadDeploy.ORDERS) {
                attempts.of(intake::placeNext);
            } else {
                attempts.of(() -> blocked[0] = history.blocks().blocked());
            }
            Thread.sleep(TICK.toMillis());
        }
        bad.close();
        if (!stopped.getAsBoolean()) {
            console.line(String.format(
                    "      a bad deploy: %d of %d orders are blocked at '%s', %d have failed",
                    blocked[0], intake.count(), BadDeploy.TASK, attempts.untilAnswered(history::failed)));
        }
    }

    /** Lets the orders go on that the bad build has blocked. */
    void repair(BadDeploy bad) {
        if (stopped.getAsBoolean()) {
            return;
        }
        int repaired = attempts.untilAnswered(() -> {
            bad.repair();
            return history.blocks().unblocked();
        });
        console.line("      repaired: " + repaired + " orders go on");
    }

    /** Places orders until all workers have got to work, or should have. */
    void begin(Options options, Faults faults) throws InterruptedException {
        Pace orders = new Pace(BETWEEN_ORDERS);
        int[] atWork = {0};
        long start = System.nanoTime();
        while (!stopped.getAsBoolean()
                && atWork[0] < options.workers()
                && since(start).compareTo(PATIENCE) < 0) {
            carryOn();
            orders.ifDue(() -> attempts.of(intake::placeNext));
            attempts.of(() -> atWork[0] = faults.atWork());
            Thread.sleep(TICK.toMillis());
        }
        console.line("      " + atWork[0] + " workers are at work");
    }

    /** Places orders for as long as the options say, with all the faults that they want. */
    void place(Options options, Faults faults, Optional<EmbeddedDatabase> embedded) throws InterruptedException {
        Duration time = Duration.ofSeconds(options.seconds());
        Pace orders = new Pace(BETWEEN_ORDERS);
        Pace kills = new Pace(options.killEvery());
        Optional<Pace> cuts = options.cutEvery().map(Pace::new);
        Optional<EmbeddedDatabase> toKill = embedded.filter(server -> options.killServer());
        long start = System.nanoTime();
        while (!stopped.getAsBoolean() && since(start).compareTo(time) < 0) {
            carryOn();
            orders.ifDue(() -> attempts.of(intake::placeNext));
            kills.ifDue(() -> attempts.ofWhether(faults::killWorker));
            cuts.ifPresent(pace -> pace.ifDue(() -> attempts.of(faults::cutConnections)));
            if (toKill.isPresent() && since(start).compareTo(time.dividedBy(2)) >= 0) {
                faults.killServer(toKill.get());
                toKill = Optional.empty();
            }
            Thread.sleep(TICK.toMillis());
        }
    }

    /** Waits until all orders are finished, or none has been for so long that they must be stuck. */
    void finish() throws InterruptedException {
        if (!stopped.getAsBoolean()) {
            console.line("      no more orders, no more faults; finishing what is under way");
        }
        Pace looks = new Pace(TICK.multipliedBy(10));
        int[] left = {Integer.MAX_VALUE};
        long[] lastFinished = {System.nanoTime()};
        while (!stopped.getAsBoolean() && left[0] > 0) {
            carryOn();
            looks.ifDue(() -> attempts.of(() -> {
                int now = history.unfinished();
                if (now < left[0]) {
                    left[0] = now;
                    lastFinished[0] = System.nanoTime();
                }
            }));
            if (since(lastFinished[0]).compareTo(PATIENCE) > 0) {
                console.line("      no order was finished for a minute; giving up");
                return;
            }
            Thread.sleep(TICK.toMillis());
        }
    }

    private void carryOn() {
        fleet.keepUp();
        approvals.ifDue(() -> attempts.of(intake::approve));
        progress.ifDue(() -> attempts.of(() -> {
            int unfinished = history.unfinished();
            console.line(String.format(
                    "%3d s  %d orders placed, %d finished; %d workers, %d started so far",
                    since(began).toSeconds(),
                    intake.count(),
                    Math.max(0, intake.count() - unfinished),
                    fleet.running().size(),
                    fleet.started()));
        }));
    }

    private static Duration since(long moment) {
        return Duration.ofNanos(System.nanoTime() - moment);
    }
}
