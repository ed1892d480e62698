package dev.sayiir.benchmarks;

import java.sql.SQLException;

/** What both floors need. */
final class Floors {

    /** Where the tables of the floors are. */
    static final String SCHEMA = "sayiir_benchmark_floor";

    private Floors() {}

    /** A floor that writes nothing would be a low one. */
    static void requireOneRow(int rows, String id) throws SQLException {
        if (rows != 1) {
            throw new SQLException("The step of " + id + " wrote " + rows + " rows of its last table; it must be 1");
        }
    }
}
