package dev.sayiir.benchmarks;

import java.util.Locale;

/** What is measured of a workload. All but the rate and the times of calls are per operation. */
enum Metric {
    /** Operations per second, of all threads and processes together. */
    PER_SECOND("/s", 0),
    /** How long the median call took, in milliseconds. */
    P50_MILLIS("p50 ms", 2),
    /** How long 95 % of the calls took at most, in milliseconds. */
    P95_MILLIS("p95 ms", 2),
    /** How long 99 % of the calls took at most, in milliseconds. */
    P99_MILLIS("p99 ms", 2),
    /** How long the longest call took, in milliseconds. */
    MAX_MILLIS("max ms", 1),
    /** Statements that the client sends. */
    STATEMENTS("stmts", 2),
    /** Transactions that the server commits, those that only read among them. */
    COMMITS("commits", 2),
    /** Bytes of write-ahead log. */
    WAL_BYTES("WAL B", 0),
    /** CPU time of the client's processes, in microseconds. */
    CLIENT_CPU_MICROS("client us", 0),
    /** CPU time of the server's processes, in microseconds. */
    SERVER_CPU_MICROS("server us", 0),
    /** Bytes that the client allocates. */
    ALLOCATED_BYTES("alloc B", 0),
    /** Pages that the server found in its shared buffers. */
    BUFFERS_HIT("hits", 1),
    /** Pages that it did not find there. */
    BUFFERS_READ("reads", 2);

    private final String title;
    private final int decimals;

    Metric(String title, int decimals) {
        this.title = title;
        this.decimals = decimals;
    }

    /** The title of its column. */
    String title() {
        return title;
    }

    /** What it is called in JSON. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** A value as text; a dash if it is not known. */
    String text(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }
}
