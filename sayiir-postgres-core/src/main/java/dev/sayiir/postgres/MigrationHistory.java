package dev.sayiir.postgres;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowMapper;

/** The record of migrations, as Flyway keeps it: which scripts have run, and what they said. */
final class MigrationHistory {

    private static final String ENTRIES = """
            SELECT h.version, h.description, h.type, h.script, h.checksum, h.success
            FROM %s AS h
            ORDER BY h.installed_rank
            """;

    /**
     * By a query of the catalogue and not by to_regclass, which may answer from what the session remembers: that a table was
     * missing before it waited for the lock under which another process has made it.
     */
    private static final String HAS_TABLE = """
            SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c
                           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                           WHERE n.nspname = ? AND c.relname = ?)
            """;

    private final JdbcTemplate jdbc;
    private final SchemaName schema;
    private final String table;

    MigrationHistory(JdbcTemplate jdbc, SchemaName schema, String table) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.table = table;
    }

    boolean exists() {
        return hasTable(table);
    }

    /** Whether the schema has a table of that name; there need be no such schema. */
    boolean hasTable(String name) {
        return Objects.requireNonNull(jdbc.queryForObject(HAS_TABLE, Boolean.class, schema.name(), name));
    }

    private String qualified(String name) {
        return schema.quoted() + "." + SchemaName.quoted(name);
    }

    /**
     * Whether exactly the scripts of this version have run, each with the text that it has now, and nothing else. Only
     * then is there nothing for Flyway to do and nothing for it to report. A script's entry is committed after what
     * the script did.
     */
    boolean isComplete() {
        return exists()
                && jdbc.query(ENTRIES.formatted(qualified(table)), Entry.READ).equals(complete());
    }

    private static List<Entry> complete() {
        return Stream.concat(Stream.of(Entry.BASELINE), Migration.ALL.stream().map(Entry::of))
                .toList();
    }

    private record Entry(
            String version,
            String description,
            String type,
            String script,
            @Nullable Integer checksum,
            boolean success) {

        /** Flyway's mark that whatever else is in the schema is not ours. */
        static final Entry BASELINE =
                new Entry("0", "<< Flyway Baseline >>", "BASELINE", "<< Flyway Baseline >>", null, true);

        static final RowMapper<Entry> READ = (row, number) -> new Entry(
                row.getString("version"),
                row.getString("description"),
                row.getString("type"),
                row.getString("script"),
                row.getObject("checksum", Integer.class),
                row.getBoolean("success"));

        static Entry of(Migration migration) {
            return new Entry(
                    migration.version(),
                    migration.description(),
                    "SQL",
                    migration.script(),
                    migration.checksum(),
                    true);
        }
    }
}
