package dev.sayiir.samples.orders;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.samples.orders.StepOutput.Reservation;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/** Shows what became of the orders, and how that can be seen. */
final class Report {

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss.SSS").withZone(ZoneOffset.UTC);

    private final WorkflowQueries queries;
    private final SnapshotHistory history;
    private final TaskResultStore results;
    private final Json json;
    private final Console console;

    Report(WorkflowQueries queries, SnapshotHistory history, TaskResultStore results, Json json, Console console) {
        this.queries = queries;
        this.history = history;
        this.results = results;
        this.json = json;
        this.console = console;
    }

    void print(Audit audit, Instant since) {
        orders(audit.orders());
        historyOf(audit.interruptedOrder());
        resultsOf(audit.interruptedOrder());
        columns(since);
        ranTwice(audit);
        verdict(audit);
    }

    private void orders(List<OrderFigures> orders) {
        TextTable table = new TextTable(
                "Order",
                "Customer",
                "Priority",
                " Total EUR",
                "Status",
                " Run in life 1",
                " Run in life 2",
                " Skipped in life 2");
        for (OrderFigures figures : orders) {
            table.row(
                    figures.order().id(),
                    figures.order().customer(),
                    figures.columns().priority(),
                    euros(figures.order().totalCents()),
                    figures.columns().status(),
                    figures.ranInLife1(),
                    figures.ranInLife2(),
                    figures.skipped());
        }
        table.row(
                "Total",
                orders.size() + " orders",
                "",
                euros(orders.stream()
                        .mapToLong(figures -> figures.order().totalCents())
                        .sum()),
                "",
                sum(orders, OrderFigures::ranInLife1),
                sum(orders, OrderFigures::ranInLife2),
                sum(orders, OrderFigures::skipped));
        section(
                "Orders and their steps: what each life ran, and what life 2 skipped because a checkpoint had it",
                table);
    }

    private void historyOf(OrderFigures interrupted) {
        String instanceId = interrupted.columns().instanceId();
        TextTable table =
                new TextTable(" Version", "Status", "At task", "Completed by this checkpoint", "Saved at (UTC)");
        for (HistoryEntry checkpoint : history.listVersions(instanceId, 0, 100)) {
            table.row(
                    checkpoint.version(),
                    checkpoint.status(),
                    checkpoint.currentTaskId().orElse("-"),
                    checkpoint.completedTaskIds().isEmpty() ? "-" : String.join(", ", checkpoint.completedTaskIds()),
                    TIME.format(checkpoint.savedAt()));
        }
        section("History of the interrupted order, " + instanceId, table);
        console.line("  " + timeTravel(instanceId));
    }

    private String timeTravel(String instanceId) {
        WorkflowSnapshot then = history.loadVersion(instanceId, 2);
        String reservation = then.completedTasks()
                .output(Step.RESERVE.taskId())
                .map(output -> json.read(output, Reservation.class).reference())
                .orElse("none");
        return "Version 2, loaded as it was: at task "
                + then.openTask().map(task -> task.taskId()).orElse("-") + ", done "
                + then.completedTasks().taskIds() + ", reservation " + reservation;
    }

    private void resultsOf(OrderFigures interrupted) {
        TextTable table = new TextTable("Task", "Result");
        results.loadTaskResults(interrupted.columns().instanceId())
                .forEach((taskId, output) -> table.row(taskId, output.asUtf8()));
        section("What its tasks gave back (loadTaskResults)", table);
    }

    private void columns(Instant since) {
        TextTable counts = new TextTable("Status", " Instances");
        Map<WorkflowStatus, Long> byStatus = queries.countByStatus();
        byStatus.forEach((status, count) -> counts.row(status, count));
        section(
                "Instances by status, all runs in this schema (countByStatus: indexed columns, no snapshot is read)",
                counts);

        TextTable newest =
                new TextTable("Instance", "Status", "Priority", " Tasks done", " Version", "Completed at (UTC)");
        WorkflowQuery query = WorkflowQuery.all()
                .ofDefinition(OrderProcess.DEFINITION)
                .withStatus(WorkflowStatus.COMPLETED)
                .createdFrom(since)
                .limit(3);
        for (WorkflowSummary summary : queries.findWorkflows(query).workflows()) {
            newest.row(
                    summary.instanceId(),
                    summary.status(),
                    summary.priority(),
                    summary.completedTaskCount(),
                    summary.version(),
                    summary.completedAt().map(TIME::format).orElse("-"));
        }
        section("Newest completed instances of this run (findWorkflows, first page of 3)", newest);
    }

    private void ranTwice(Audit audit) {
        TextTable table = new TextTable("Instance", "Step", "Reference, both times");
        audit.ranTwice()
                .forEach(effect -> table.row(effect.instanceId(), effect.step().taskId(), effect.reference()));
        section("Run twice", table);
        console.line(
                "  Its work was done when life 1 was killed, and its checkpoint was not saved: life 2 had to run it");
        console.line("  again. Steps run at least once. The reference stays the same, so the outside world can tell a");
        console.line("  repeated request from a second one.");
    }

    private void verdict(Audit audit) {
        console.line("");
        List<String> problems = audit.problems();
        if (problems.isEmpty()) {
            console.line("All is well: " + audit.orders().size()
                    + " orders are Completed, and the history has each of their "
                    + audit.orders().size() * Step.values().length + " step results exactly once.");
        } else {
            console.line("All is NOT well:");
            problems.forEach(problem -> console.line("  " + problem));
        }
    }

    private void section(String title, TextTable table) {
        console.line("");
        console.line(title);
        table.lines().forEach(console::line);
    }

    private static int sum(List<OrderFigures> orders, ToIntFunction<OrderFigures> figure) {
        return orders.stream().mapToInt(figure).sum();
    }

    private static String euros(long cents) {
        return BigDecimal.valueOf(cents, 2).toPlainString();
    }
}
