package dev.sayiir.benchmarks;

import java.sql.SQLException;

/**
 * Stores with something in them that workloads have to live with.
 *
 * @param suffix what is added to the names of workloads; empty for stores with nothing else in them
 * @param target the stores
 * @param filled whether they have to be left as they are, but for what workloads add
 */
record Variation(String suffix, Target target, boolean filled) {

    void reset(Workload workload) throws SQLException {
        if (filled) {
            target.forget(workload);
        } else {
            target.empty();
        }
    }

    /** Whether the workload is of interest: the floors have tables of their own. */
    boolean concerns(Workload workload) {
        return suffix.isEmpty() || workload.usesStores();
    }

    /** The same, under another name. */
    Variation also(String more) {
        return new Variation(suffix + more, target, filled);
    }
}
