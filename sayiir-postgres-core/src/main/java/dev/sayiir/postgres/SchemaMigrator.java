package dev.sayiir.postgres;

import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Sets up the schema of the stores, or checks it. Uses a Flyway of its own, with its own history table and its own
 * scripts, so that it meets neither the application's Flyway nor its Liquibase. Any number of processes may migrate at
 * once: one does the work and the others wait for it.
 */
public final class SchemaMigrator {

    /** The table, in the same schema, in which the migrations that have run are recorded unless another one is named. */
    public static final String HISTORY_TABLE = "sayiir_schema_history";

    /** The schema that is used unless another one is named. */
    public static final String DEFAULT_SCHEMA = "sayiir";

    /** Flyway makes an index whose name is that of the table and six more bytes. */
    private static final int MAX_HISTORY_TABLE_BYTES = 57;

    /** Longer than many processes take that start at once, shorter than whoever has started this one is willing to wait. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final SchemaName schema;
    private final String historyTable;
    private final Duration patience;
    private final FreeConnection connection;

    /**
     * Uses the history table {@value #HISTORY_TABLE}.
     *
     * @param dataSource leads to the database, as a role that may create tables
     * @param schema the schema; created if missing, and one that holds other tables is fine
     * @throws IllegalArgumentException if there can be no schema of that name
     */
    public SchemaMigrator(DataSource dataSource, String schema) {
        this(dataSource, schema, HISTORY_TABLE);
    }

    /**
     * @param dataSource leads to the database, as a role that may create tables
     * @param schema the schema; created if missing, and one that holds other tables is fine
     * @param historyTable the table, in that schema, in which the migrations that have run are recorded
     * @throws IllegalArgumentException if there can be no schema or no history table of that name
     */
    public SchemaMigrator(DataSource dataSource, String schema, String historyTable) {
        this(dataSource, schema, historyTable, PATIENCE);
    }

    SchemaMigrator(DataSource dataSource, String schema, String historyTable, Duration patience) {
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
        this.schema = new SchemaName(schema);
        this.historyTable = requireHistoryTable(historyTable);
        this.patience = patience;
        this.connection = new FreeConnection(this.schema, patience);
    }

    /**
     * @param name the name of a table
     * @return the same name
     * @throws IllegalArgumentException if there can be no history table of that name
     */
    public static String requireHistoryTable(String name) {
        SchemaName.requireUsable("history table", name, MAX_HISTORY_TABLE_BYTES);
        if (name.contains("\"")) {
            throw new IllegalArgumentException("The history table name '" + name
                    + "' has a quotation mark in it, which Flyway does not quote; choose another name");
        }
        if (SchemaCatalog.expected().keySet().stream().anyMatch(object -> object.endsWith(" " + name))) {
            throw new IllegalArgumentException(
                    "The history table name '" + name + "' is that of an object of the stores; choose another name");
        }
        return name;
    }

    /**
     * Does what a mode asks for.
     *
     * @param mode what to do
     * @throws UnsupportedServerException if the server cannot hold the stores, or, to migrate it, is read-only
     * @throws SchemaMigrationException if the schema could not be migrated
     * @throws SchemaValidationException if it is to be validated, and something is missing or different
     */
    public void run(MigrationMode mode) {
        switch (mode) {
            case MIGRATE -> migrate();
            case VALIDATE -> validate();
            case NONE -> {}
        }
    }

    /**
     * Creates or upgrades the schema, in one transaction on one connection. If another process is at it, or the server has no
     * connection to spare, it waits, for two minutes at most each.
     *
     * @throws UnsupportedServerException if the server cannot hold the stores, or is read-only; nothing is changed
     * @throws SchemaMigrationException if it could not be migrated; nothing is changed
     */
    public void migrate() {
        connection.await(() -> {
            new ServerCheck(jdbc).requireWritable();
            if (!new MigrationHistory(jdbc, schema, historyTable).isComplete()) {
                new SchemaUpgrade(dataSource, schema, historyTable, patience).run();
            }
        });
    }

    /**
     * Checks that the server can hold the stores, as it is set for this DataSource; both of the above do so as well. For
     * whoever migrates as another role than the one that the stores use.
     *
     * @throws UnsupportedServerException if it cannot
     * @throws SchemaMigrationException if there was no connection for too long
     */
    public void requireSupportedServer() {
        connection.await(new ServerCheck(jdbc)::requireSupported);
    }

    /**
     * Checks that the schema has everything that the stores need. Needs no right but to connect; if the server has no
     * connection to spare, it waits, for two minutes at most.
     *
     * @throws UnsupportedServerException if the server cannot hold the stores
     * @throws SchemaMigrationException if there was no connection for too long
     * @throws SchemaValidationException if something is missing or different; it lists each object
     */
    public void validate() {
        connection.await(() -> {
            new ServerCheck(jdbc).requireSupported();
            List<String> differences = new SchemaCatalog(jdbc, schema).differences();
            if (!differences.isEmpty()) {
                throw new SchemaValidationException(schema.name(), differences);
            }
        });
    }

    /**
     * Writes out what {@link #migrate()} would run on an empty schema, for those whose database is set up by hand. Run
     * it with {@code psql -1 -v ON_ERROR_STOP=1}, and start the application with the mode {@link MigrationMode#VALIDATE}.
     *
     * @param schema the schema
     * @return SQL statements, as one text
     * @throws IllegalArgumentException if there can be no schema of that name
     */
    public static String sql(String schema) {
        SchemaName name = new SchemaName(schema);
        StringBuilder sql = new StringBuilder(name.in("CREATE SCHEMA IF NOT EXISTS ${schema};\n"));
        for (Migration migration : Migration.ALL) {
            sql.append('\n').append(name.in(migration.sql()));
        }
        return sql.toString();
    }
}
