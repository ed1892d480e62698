package dev.sayiir.postgres;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Asks what the server is, and how far the schema has been migrated. */
final class StatusRepository {

    /** The record of migrations may be missing, or not be this role's to read. */
    private static final String STATUS = """
            SELECT pg_catalog.pg_is_in_recovery() AS standby,
                   pg_catalog.current_setting('server_version') AS server_version,
                   COALESCE(pg_catalog.has_table_privilege(pg_catalog.to_regclass(:history), 'SELECT'), false) AS recorded
            """;

    private static final String VERSION = """
            SELECT h.version
            FROM ${schema}.""" + SchemaMigrator.HISTORY_TABLE + """
             AS h
            WHERE h.success AND h.version IS NOT NULL
            ORDER BY h.installed_rank DESC
            LIMIT 1
            """;

    /** Touches no table, so that nothing but the server decides. */
    private static final String READ_ONLY = "SELECT pg_catalog.current_setting('transaction_read_only')::boolean";

    private final NamedParameterJdbcOperations jdbc;
    private final SchemaName schema;
    private final String version;

    StatusRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.version = schema.in(VERSION);
    }

    BackendStatus status() {
        Params params = Params.of("history", schema.quoted() + "." + SchemaMigrator.HISTORY_TABLE);
        ResultSetExtractor<Server> read = rows -> {
            rows.next();
            return new Server(
                    rows.getString("server_version"), rows.getBoolean("standby"), rows.getBoolean("recorded"));
        };
        Server server = Objects.requireNonNull(jdbc.query(STATUS, params, read));
        Optional<String> migrated = server.recorded() ? lastMigration() : Optional.empty();
        return new BackendStatus(schema.name(), migrated, server.version(), server.standby());
    }

    /** Throws if nothing can be written, as on a standby. */
    void requireWritable() {
        if (Boolean.TRUE.equals(jdbc.queryForObject(READ_ONLY, new Params(), Boolean.class))) {
            throw new TransientDataAccessResourceException(
                    "The database only reads now, as a standby does; wait for the failover, or connect to the primary");
        }
    }

    private record Server(String version, boolean standby, boolean recorded) {}

    private Optional<String> lastMigration() {
        List<String> versions = jdbc.queryForList(version, new Params(), String.class);
        return versions.stream().findFirst();
    }
}
