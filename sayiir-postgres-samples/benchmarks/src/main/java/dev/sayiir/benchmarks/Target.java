package dev.sayiir.benchmarks;

import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import java.sql.SQLException;

/** The stores, in a schema of their own. */
final class Target implements AutoCloseable {

    /** What the schemas of all targets begin with. */
    static final String SCHEMA = "sayiir_benchmark";

    private final Database database;
    private final String schema;
    private final NotifyMode notifyMode;
    private final PostgresBackend backend;

    private Target(Database database, String schema, NotifyMode notifyMode) {
        this.database = database;
        this.schema = schema;
        this.notifyMode = notifyMode;
        this.backend = PostgresBackend.builder(database.dataSource())
                .schema(schema)
                .notifyMode(notifyMode)
                .build();
    }

    /** The stores in the schema {@value #SCHEMA}, which is created if it is not there. */
    static Target of(Database database, NotifyMode notifyMode) {
        return new Target(database, SCHEMA, notifyMode);
    }

    /** The same database with another schema, which is created if it is not there. */
    Target inSchema(String other) {
        return new Target(database, other, notifyMode);
    }

    /** Other stores on the same data, which hear of what these do only as another process would. */
    Target notifying(NotifyMode mode) {
        return new Target(database, schema, mode);
    }

    Database database() {
        return database;
    }

    String schema() {
        return schema;
    }

    NotifyMode notifyMode() {
        return notifyMode;
    }

    PostgresBackend backend() {
        return backend;
    }

    /** Deletes all instances and what belongs to them. */
    void empty() throws SQLException {
        database.execute(("TRUNCATE $.sayiir_workflows, $.sayiir_workflow_history, $.sayiir_workflow_tasks,"
                        + " $.sayiir_task_claims, $.sayiir_workflow_events, $.sayiir_workflow_counts")
                .replace("$", schema));
    }

    /**
     * Deletes the instances that the workload has made, and no others, and cleans up after them, unless a transaction
     * elsewhere holds a snapshot that they belong to.
     */
    void forget(Workload workload) throws SQLException {
        database.update(
                "DELETE FROM " + schema + ".sayiir_workflows WHERE instance_id >= ? AND instance_id < ?",
                workload.name() + "-",
                workload.name() + ".");
        database.execute(
                "VACUUM (INDEX_CLEANUP ON) $.sayiir_workflows, $.sayiir_workflow_tasks, $.sayiir_task_claims, $.sayiir_workflow_events"
                        .replace("$", schema));
    }

    /** Drops the schema. */
    void drop() throws SQLException {
        database.execute("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
    }

    /** The database stays open. */
    @Override
    public void close() {
        backend.close();
    }
}
