package dev.sayiir.samples.orders.demonstration;

import java.util.List;

/** Shows what became of the orders. */
final class Report {

    private static final int MOST_PROBLEMS = 20;

    private Report() {}

    static void print(Audit audit, Console console) {
        int orders = audit.accepted().size();
        FaultCounts faults = audit.faults();
        console.line("");
        console.line("What the history in the database says:");
        line(
                console,
                orders,
                "orders were accepted: " + audit.shipped() + " were shipped, " + audit.declined()
                        + " declined because nobody approved them in time");
        line(console, audit.steps(), "steps were committed");
        line(console, audit.bookings(), "payments were booked, each in the transaction that committed its step");
        line(
                console,
                audit.claims(),
                "times a worker had a step to do, so " + (audit.claims() - audit.steps())
                        + " times again: after a kill, an outage, a bad deploy, or a busy payment provider");
        line(
                console,
                faults.kills(),
                "workers were killed with SIGKILL, in the middle of " + faults.orphans() + " steps, "
                        + faults.takeovers() + " of which another worker took over");
        line(console, audit.dropped(), "results came too late and were refused");
        line(
                console,
                audit.blocks().blocked(),
                "orders were blocked by a bad deploy, " + audit.blocks().unblocked()
                        + " of which were let go on when it was repaired");
        line(console, faults.cuts(), "connections were cut");
        line(console, faults.serverKills(), "times the database server was killed with SIGKILL");
        console.line("");
        verdict(audit.problems(), orders, console);
    }

    private static void line(Console console, int number, String what) {
        console.line(String.format("%8d  %s", number, what));
    }

    private static void verdict(List<String> problems, int orders, Console console) {
        if (problems.isEmpty()) {
            console.line("All is well: each of the " + orders
                    + " orders was finished exactly once, and each of its steps was committed exactly once.");
            return;
        }
        console.line("All is NOT well:");
        problems.stream().limit(MOST_PROBLEMS).forEach(problem -> console.line("  " + problem));
        if (problems.size() > MOST_PROBLEMS) {
            console.line("  and " + (problems.size() - MOST_PROBLEMS) + " more");
        }
    }
}
