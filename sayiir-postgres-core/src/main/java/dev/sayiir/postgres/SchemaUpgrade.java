package dev.sayiir.postgres;

import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Creates a schema, or brings it up to this version, with a Flyway of its own. Nothing else touches Flyway: to load it, with
 * the JSON mapper that it makes, takes longer than all else that the library does when an application starts.
 */
final class SchemaUpgrade {

    /** Any number will do as long as all processes use the same; these are the letters of "sayiir". */
    private static final long SCHEMA_LOCK = 0x736179696972L;

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final SchemaName schema;
    private final String historyTable;
    private final MigrationHistory history;

    SchemaUpgrade(DataSource dataSource, SchemaName schema, String historyTable) {
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
        this.schema = schema;
        this.historyTable = historyTable;
        this.history = new MigrationHistory(jdbc, schema, historyTable);
    }

    /**
     * Does what is left to do, if anything.
     *
     * @throws SchemaMigrationException if Flyway refuses, or the schema was made in another way
     */
    void run() {
        try {
            createSchema();
            Flyway flyway = flyway();
            createHistory(flyway);
            flyway.migrate();
        } catch (FlywayException e) {
            throw SchemaMigrationException.of(schema, e);
        }
    }

    /** Two sessions that create one schema at once collide even with IF NOT EXISTS, hence the lock. */
    private void createSchema() {
        Boolean there = jdbc.queryForObject(
                "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = ?)", Boolean.class, schema.name());
        if (!Boolean.TRUE.equals(there)) {
            // Only then: a role without the right to create schemas can still fill one that is there.
            underLock(() -> jdbc.execute(schema.in("CREATE SCHEMA IF NOT EXISTS ${schema}")));
        }
    }

    /**
     * Flyway holds a lock while it migrates, but not while it makes its history table: there, processes that start at
     * once would get into each other's way. A baseline of 0 says that whatever else is in the schema is not ours.
     */
    private void createHistory(Flyway flyway) {
        if (!history.exists()) {
            underLock(() -> {
                if (!history.exists()) {
                    requireNoTables();
                    flyway.baseline();
                }
            });
        }
    }

    private void requireNoTables() {
        if (history.hasTable("sayiir_workflows")) {
            throw new SchemaMigrationException("Schema '" + schema.name() + "' has tables of sayiir-postgres, but no "
                    + "record of migrations in " + historyTable
                    + ": they were made by hand, or recorded in another history "
                    + "table. Use the mode validate with it, or name that table");
        }
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
