package dev.sayiir.postgres;

import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

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

    /** Any number will do as long as all processes use the same; these are the letters of "sayiir". */
    private static final long SCHEMA_LOCK = 0x736179696972L;

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final SchemaName schema;
    private final String historyTable;

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
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
        this.schema = new SchemaName(schema);
        this.historyTable = requireHistoryTable(historyTable);
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
     * @throws UnsupportedServerException if the server is too old, not PostgreSQL, or, to migrate it, read-only
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
     * Creates or upgrades the schema. The first time, this takes up to three connections at once, later two.
     *
     * @throws UnsupportedServerException if the server is too old, read-only or not PostgreSQL; nothing is changed
     * @throws SchemaMigrationException if it could not be migrated
     */
    public void migrate() {
        ServerCheck server = new ServerCheck(jdbc);
        server.requireSupported();
        server.requireWritable();
        try {
            createSchema();
            Flyway flyway = flyway();
            createHistory(flyway);
            flyway.migrate();
        } catch (FlywayException | DataAccessException e) {
            throw new SchemaMigrationException(
                    "Schema '" + schema.name()
                            + "' could not be migrated. If this role may not create tables, migrate as "
                            + "another one. "
                            + NestedExceptionUtils.getMostSpecificCause(e).getMessage(),
                    e);
        }
    }

    /**
     * Checks that the schema has everything that the stores need. Needs no right but to connect.
     *
     * @throws UnsupportedServerException if the server is too old or not PostgreSQL
     * @throws SchemaValidationException if something is missing or different; it lists each object
     */
    public void validate() {
        new ServerCheck(jdbc).requireSupported();
        List<String> differences = new SchemaCatalog(jdbc, schema).differences();
        if (!differences.isEmpty()) {
            throw new SchemaValidationException(schema.name(), differences);
        }
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
        for (String script : MigrationScripts.NAMES) {
            sql.append('\n').append(name.in(MigrationScripts.read(script)));
        }
        return sql.toString();
    }

    /** Two sessions that create one schema at once collide even with IF NOT EXISTS, hence the lock. */
    private void createSchema() {
        if (!isTrue("SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = ?)", schema.name())) {
            // Only then: a role without the right to create schemas can still fill one that is there.
            underLock(() -> jdbc.execute(schema.in("CREATE SCHEMA IF NOT EXISTS ${schema}")));
        }
    }

    /**
     * Flyway holds a lock while it migrates, but not while it makes its history table: there, processes that start at
     * once would get into each other's way. A baseline of 0 says that whatever else is in the schema is not ours.
     */
    private void createHistory(Flyway flyway) {
        if (!hasHistory()) {
            underLock(() -> {
                if (!hasHistory()) {
                    requireNoTables();
                    flyway.baseline();
                }
            });
        }
    }

    private void requireNoTables() {
        if (exists("sayiir_workflows")) {
            throw new SchemaMigrationException("Schema '" + schema.name() + "' has tables of sayiir-postgres, but no "
                    + "record of migrations in " + historyTable
                    + ": they were made by hand, or recorded in another history "
                    + "table. Use the mode validate with it, or name that table");
        }
    }

    private boolean hasHistory() {
        return exists(historyTable);
    }

    private boolean exists(String table) {
        return isTrue("SELECT pg_catalog.to_regclass(?) IS NOT NULL", schema.quoted() + "." + SchemaName.quoted(table));
    }

    private boolean isTrue(String sql, String parameter) {
        return Boolean.TRUE.equals(jdbc.queryForObject(sql, Boolean.class, parameter));
    }

    /** Holds a lock for the whole database until the action is done, on a connection of its own. */
    private void underLock(Runnable action) {
        new TransactionTemplate(new DataSourceTransactionManager(dataSource)).executeWithoutResult(transaction -> {
            jdbc.query("SELECT pg_catalog.pg_advisory_xact_lock(?)", row -> {}, SCHEMA_LOCK);
            action.run();
        });
    }

    private Flyway flyway() {
        return Flyway.configure(getClass().getClassLoader())
                .dataSource(new UrlHidingDataSource(dataSource))
                .locations(new String[0])
                .resourceProvider(new MigrationScripts())
                .javaMigrationClassProvider(List::of)
                .table(historyTable)
                .schemas(schema.name())
                .placeholders(Map.of("schema", schema.quoted()))
                .baselineVersion("0")
                .load();
    }
}
