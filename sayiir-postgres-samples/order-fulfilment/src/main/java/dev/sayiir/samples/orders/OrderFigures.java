package dev.sayiir.samples.orders;

import dev.sayiir.persistence.WorkflowSummary;
import java.util.Map;

/**
 * What became of one order.
 *
 * @param order the order
 * @param columns what the columns of its instance say at the end
 * @param ranInLife1 how many steps the first life ran, by the journal
 * @param ranInLife2 how many steps the second life ran, by the journal
 * @param skipped how many steps had a checkpoint when the second life began
 * @param results how many checkpoints in the history bring the result of each step
 */
record OrderFigures(
        Order order, WorkflowSummary columns, int ranInLife1, int ranInLife2, int skipped, Map<Step, Integer> results) {

    int ranTwice() {
        return ranInLife1 + ranInLife2 - Step.values().length;
    }
}
