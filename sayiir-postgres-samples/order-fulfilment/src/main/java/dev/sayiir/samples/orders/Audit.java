package dev.sayiir.samples.orders;

import dev.sayiir.workflow.WorkflowStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What became of all orders, and whether it is what was promised.
 *
 * @param orders figures of each order
 * @param journal what really ran, in that order
 */
record Audit(List<OrderFigures> orders, List<Journal.Entry> journal) {

    Audit {
        orders = List.copyOf(orders);
        journal = List.copyOf(journal);
    }

    /** What was under way when the first life ended: done, but without a checkpoint. */
    Effect interrupted() {
        List<Effect> life1 = effects(1);
        return life1.get(life1.size() - 1);
    }

    /** What the outside world was asked for more than once. */
    List<Effect> ranTwice() {
        Map<Effect, Long> times =
                journal.stream().collect(Collectors.groupingBy(Journal.Entry::effect, Collectors.counting()));
        return journal.stream()
                .map(Journal.Entry::effect)
                .distinct()
                .filter(effect -> times.getOrDefault(effect, 0L) > 1)
                .toList();
    }

    OrderFigures interruptedOrder() {
        return orders.stream()
                .filter(figures ->
                        figures.columns().instanceId().equals(interrupted().instanceId()))
                .findFirst()
                .orElseThrow();
    }

    /** Everything that is not as it should be; empty after a good run. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        orders.forEach(figures -> check(figures, problems));
        if (!ranTwice().equals(List.of(interrupted()))) {
            problems.add("Only " + interrupted() + " should have run twice, but these did: " + ranTwice());
        }
        int expected = orders.size() * Step.values().length + 1;
        if (journal.size() != expected) {
            problems.add(expected + " steps should have run, but " + journal.size() + " did");
        }
        return problems;
    }

    private static void check(OrderFigures figures, List<String> problems) {
        String order = "Order " + figures.order().id();
        int steps = Step.values().length;
        if (figures.columns().status() != WorkflowStatus.COMPLETED) {
            problems.add(order + " is " + figures.columns().status());
        }
        if (figures.columns().completedTaskCount() != steps) {
            problems.add(order + " has " + figures.columns().completedTaskCount() + " tasks done by its columns");
        }
        if (figures.ranInLife2() != steps - figures.skipped()) {
            problems.add(order + " had " + figures.skipped() + " checkpoints when life 2 began, which then ran "
                    + figures.ranInLife2() + " steps");
        }
        for (Step step : Step.values()) {
            int results = figures.results().getOrDefault(step, 0);
            if (results != 1) {
                problems.add(order + " has " + results + " results of step " + step.taskId() + " in its history");
            }
        }
    }

    private List<Effect> effects(int life) {
        return journal.stream()
                .filter(entry -> entry.life() == life)
                .map(Journal.Entry::effect)
                .toList();
    }
}
