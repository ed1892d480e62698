package dev.sayiir.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Creates a schema, or brings it up to this version, with a Flyway of its own: all of it in one transaction on one connection,
 * which begins with a lock of the whole database. What is there is looked at when the lock is held and not before. So of any
 * number of processes one does the work, the others find it done, and each needs but one connection; and as nothing is kept in
 * the session, it works through a pooler as well.
 *
 * <p>Nothing else touches Flyway: to load it, with the JSON mapper that it makes, takes longer than all else that the library
 * does when an application starts.
 */
final class SchemaUpgrade {

    /** Any number will do as long as all processes use the same; these are the letters of "sayiir". */
    private static final long SCHEMA_LOCK = 0x736179696972L;

    /**
     * Each statement is to see what was committed until it began, whatever the default: the snapshot of a longer one would be
     * taken before the lock is there.
     */
    private static final String SEE_WHAT_IS_COMMITTED = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";

    /** For this transaction only, whatever the role or the database has; not every version has all of them. */
    private static final String TAKE_TIME = """
            SELECT pg_catalog.set_config(s.name, CASE s.name WHEN 'lock_timeout' THEN ? ELSE '0' END, true)
            FROM pg_catalog.pg_settings AS s
            WHERE s.name IN
                ('lock_timeout', 'statement_timeout', 'transaction_timeout', 'idle_in_transaction_session_timeout')
            """;

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    private static final String LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(?)";

    private static final String HAS_SCHEMA =
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = ?)";

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final SchemaName schema;
    private final String historyTable;
    private final MigrationHistory history;
    private final Duration patience;

    /** @param patience how long to wait for another process */
    SchemaUpgrade(DataSource dataSource, SchemaName schema, String historyTable, Duration patience) {
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
        this.schema = schema;
        this.historyTable = historyTable;
        this.history = new MigrationHistory(jdbc, schema, historyTable);
        this.patience = patience;
    }

    /**
     * Does what is left to do, if anything.
     *
     * @throws SchemaMigrationException if Flyway refuses, the schema was made in another way, or another process takes too long
     */
    void run() {
        try {
            new TransactionTemplate(new DataSourceTransactionManager(dataSource)).executeWithoutResult(transaction -> {
                awaitTurn();
                if (!history.isComplete()) {
                    jdbc.execute((ConnectionCallback<Boolean>) connection -> {
                        upgrade(flyway(new OneConnectionDataSource(connection)));
                        return true;
                    });
                }
            });
        } catch (DataAccessException | TransactionException | FlywayException e) {
            throw SchemaMigrationException.of(schema, e);
        }
    }

    private void awaitTurn() {
        jdbc.execute(SEE_WHAT_IS_COMMITTED);
        jdbc.query(TAKE_TIME, row -> {}, Long.toString(patience.toMillis()));
        try {
            jdbc.query(LOCK, row -> {}, SCHEMA_LOCK);
        } catch (DataAccessException e) {
            throw e.getRootCause() instanceof SQLException cause && LOCK_NOT_AVAILABLE.equals(cause.getSQLState())
                    ? SchemaMigrationException.notInTurn(schema, patience, e)
                    : e;
        }
    }

    private void upgrade(Flyway flyway) {
        if (!hasSchema()) {
            // Only then: a role without the right to create schemas can still fill one that is there.
            jdbc.execute(schema.in("CREATE SCHEMA ${schema}"));
        }
        if (!history.exists()) {
            if (history.hasTable("sayiir_workflows")) {
                throw SchemaMigrationException.unrecorded(schema, historyTable);
            }
            // It says that whatever else is in the schema is not ours.
            flyway.baseline();
        }
        flyway.migrate();
    }

    private boolean hasSchema() {
        return Objects.requireNonNull(jdbc.queryForObject(HAS_SCHEMA, Boolean.class, schema.name()));
    }

    private Flyway flyway(DataSource connections) {
        return Flyway.configure(getClass().getClassLoader())
                .dataSource(connections)
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
