package dev.sayiir.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.sql.SQLException;
import java.util.List;

/** Where the meters stand. */
final class Reading {

    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private static final String COUNTS = """
            SELECT d.xact_commit, d.blks_hit, d.blks_read, pg_current_wal_insert_lsn() - '0/0'::pg_lsn
            FROM pg_stat_database AS d
            WHERE d.datname = current_database()
            """;

    private final long nanos;
    private final double[] counts;
    private final int ownTransactions;
    private final double clientCpuNanos;
    private final double serverCpuNanos;
    private final Allocations allocations;

    private Reading(long nanos, double[] counts, int ownTransactions, double serverCpuNanos) {
        this.nanos = nanos;
        this.counts = counts;
        this.ownTransactions = ownTransactions;
        this.serverCpuNanos = serverCpuNanos;
        this.clientCpuNanos = SYSTEM.getProcessCpuTime();
        this.allocations = Allocations.now();
    }

    /** Before the work: the clock is looked at last. */
    static Reading before(Database database, ServerCpu server) throws SQLException {
        database.flushCounts();
        double[] counts = counts(database);
        return new Reading(System.nanoTime(), counts, 1, server.nanos());
    }

    /** After the work: the clock is looked at first. */
    static Reading after(Database database, ServerCpu server) throws SQLException {
        long nanos = System.nanoTime();
        double serverCpuNanos = server.nanos();
        int flushes = database.flushCounts();
        return new Reading(nanos, counts(database), flushes, serverCpuNanos);
    }

    private static double[] counts(Database database) throws SQLException {
        List<String> row = database.row(COUNTS);
        return row.stream().mapToDouble(Double::parseDouble).toArray();
    }

    /** What has been used since an earlier reading, without the transactions of the readings themselves. */
    Usage since(Reading before) {
        return new Usage(
                nanos - before.nanos,
                counts[0] - before.counts[0] - before.ownTransactions - ownTransactions,
                counts[3] - before.counts[3],
                clientCpuNanos - before.clientCpuNanos,
                serverCpuNanos - before.serverCpuNanos,
                allocations.since(before.allocations),
                counts[1] - before.counts[1],
                counts[2] - before.counts[2]);
    }
}
