package dev.sayiir.samples.orders;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Comparator;
import java.util.List;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;

/** One life of the application: every order from wherever it stands to its end, the urgent ones first. */
final class Life implements ApplicationRunner {

    private final RunSettings settings;
    private final OrderCatalog catalog;
    private final OrderProcess process;
    private final Console console;

    Life(RunSettings settings, OrderCatalog catalog, OrderProcess process, Console console) {
        this.settings = settings;
        this.catalog = catalog;
        this.process = process;
        this.console = console;
    }

    @Override
    public void run(ApplicationArguments arguments) {
        endWithParent();
        List<WorkflowSnapshot> orders = catalog.orders().stream()
                .map(order -> process.accept(settings.instanceId(order), order))
                .sorted(Comparator.comparing(WorkflowSnapshot::taskPriority))
                .toList();
        long finished =
                orders.stream().filter(order -> order.status().isTerminal()).count();
        console.line("Life " + settings.life() + " (process "
                + ProcessHandle.current().pid() + "): " + orders.size() + " orders, " + finished + " of them finished, "
                + (orders.size() - finished) + " to do.");
        orders.forEach(process::fulfil);
    }

    /** A parent that is killed cannot stop us. */
    private static void endWithParent() {
        ProcessHandle.current().parent().ifPresent(parent -> {
            var unused = parent.onExit().thenRun(() -> Runtime.getRuntime().halt(1));
        });
    }
}
