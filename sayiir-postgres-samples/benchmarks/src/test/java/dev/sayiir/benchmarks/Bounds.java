package dev.sayiir.benchmarks;

import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * How much an operation may cost, in counts that are the same on every machine. Each bound is what was measured when it was
 * set and a margin: 2 % for statements and commits, which vary only with how batches fall; 5 % for the log, which varies with
 * when pages are pruned; 25 % for buffers and 20 % for allocations, which vary with plans and with what the JIT compiler leaves out.
 *
 * <p>Raise one only for a reason, and say it in the commit. Lower one when it has been beaten.
 */
final class Bounds {

    /** The log of a step that carries on, as a multiple of what the minimal floor writes in the same run. */
    static final double STEP_WAL_TO_MINIMAL_FLOOR = 1.8;

    /** Of ten steps one begins with a claim and one ends the instance; both write more than a step that carries on. */
    static final double WORKFLOW_WAL_TO_MINIMAL_FLOOR = 1.95;

    private static final String SQL = "the SQL of the store: is there a statement, a row or an index entry more?";
    private static final String LOG =
            "the rows and indexes that are written (pg_waldump --stats=record tells which), and their width";
    private static final String PLAN =
            "the plans (EXPLAIN (ANALYZE, BUFFERS)): is an index not used, or one more read?";
    private static final String HEAP = "an allocation profile (jcmd JFR.start settings=profile, or JMH with -prof gc)";

    /** How many finished instances are in the way in the workloads that have them in their name. */
    static final int FINISHED = 5_000;

    // Workload; statements, commits, bytes of log, buffers, bytes of heap.
    static final List<Bound> ALL = Stream.of(
                    // One task is committed by the statement for many, whatever comes of it: its two dozen parameters
                    // are
                    // arrays, which take the driver more than plain ones.
                    costs("commitTask", 1.02, 1.02, 1_600, 40, 32_000),
                    costs("linear", 1.15, 1.15, 1_750, 46, 33_000),
                    // Its place is due anew, which is an entry in each of three indexes beside the row of the task that
                    // it
                    // leaves; a commit that carries on saves them.
                    costs("saveSnapshot", 1.02, 1.02, 2_050, 50, 25_500),
                    costs("claimAvailableTasks", 0.07, 0.08, 700, 46, 13_000),
                    // Of ten results, each with its checkpoint and its task looked up by key: in proportion to the
                    // results,
                    // whatever the statistics say, where a join would be cheaper for ten and go wrong for thousands.
                    costs("loadSnapshot", 1.02, 1.02, 10, 85, 17_500),
                    // With statistics from a time when nothing was open: plans have to be right then, too. Those that
                    // the
                    // connections make count here.
                    buffers("commitTask", 46),
                    buffers("linear", 96),
                    buffers("saveSnapshot", 62),
                    buffers("claimAvailableTasks", 90),
                    buffers("loadSnapshot", 110))
            .flatMap(List::stream)
            .toList();

    private Bounds() {}

    /**
     * One bound.
     *
     * @param workload what is measured
     * @param metric what of it
     * @param most the most that it may be
     * @param look where to look if it is more
     */
    record Bound(String workload, Metric metric, double most, String look) {

        boolean isKept(double measured) {
            return measured <= most;
        }

        String violation(double measured) {
            return String.format(
                    Locale.ROOT,
                    "%s: %s per operation is %s, and the bound is %s. Look at %s",
                    workload,
                    metric.key(),
                    text(measured),
                    text(most),
                    look);
        }

        private static String text(double value) {
            return String.format(Locale.ROOT, "%,.2f", value);
        }
    }

    private static List<Bound> buffers(String workload, double most) {
        return List.of(new Bound(workload + "@finished-" + FINISHED, Metric.BUFFERS_HIT, most, PLAN));
    }

    private static List<Bound> costs(
            String workload, double statements, double commits, double log, double buffers, double heap) {
        return List.of(
                new Bound(workload, Metric.STATEMENTS, statements, SQL),
                new Bound(workload, Metric.COMMITS, commits, SQL),
                new Bound(workload, Metric.WAL_BYTES, log, LOG),
                new Bound(workload, Metric.BUFFERS_HIT, buffers, PLAN),
                new Bound(workload, Metric.BUFFERS_READ, 0.1, PLAN),
                new Bound(workload, Metric.ALLOCATED_BYTES, heap, HEAP));
    }
}
