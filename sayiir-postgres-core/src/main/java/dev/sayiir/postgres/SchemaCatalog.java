package dev.sayiir.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What is in a schema, one line for each object, such as {@code column sayiir_workflows.version = bigint not null}. The
 * lines that the stores need are in {@code schema-objects.txt}, which a test compares with what the migrations make on
 * every supported version.
 */
final class SchemaCatalog {

    private static final String EXPECTED = "schema-objects.txt";

    /** All from the system catalogs by name; no object of ours is read, so this works however damaged the schema is. */
    private static final String OBJECTS = """
            WITH tables AS (
                SELECT c.oid, c.relname, c.relkind, c.reloptions, pg_catalog.quote_ident(n.nspname) || '.' AS qualifier
                FROM pg_catalog.pg_class AS c
                JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                WHERE n.nspname = ? AND c.relname LIKE 'sayiir\\_%' AND c.relname <> ?
            )
            SELECT 'table ' || t.relname AS object, '' AS definition
            FROM tables AS t WHERE t.relkind = 'r'
            UNION ALL
            SELECT 'sequence ' || t.relname, ''
            FROM tables AS t WHERE t.relkind = 'S'
            UNION ALL
            SELECT 'view ' || t.relname, ''
            FROM tables AS t WHERE t.relkind = 'v'
            UNION ALL
            SELECT 'column ' || t.relname || '.' || a.attname,
                   pg_catalog.format_type(a.atttypid, a.atttypmod)
                       || CASE WHEN l.collname = 'C' THEN ' collate C' ELSE '' END
                       || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
                       || CASE WHEN a.attidentity <> '' THEN ' identity' ELSE '' END
                       || CASE WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END
            FROM tables AS t
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
            WHERE t.relkind = 'r'
            UNION ALL
            SELECT 'constraint ' || t.relname || '.' || k.conname, pg_catalog.pg_get_constraintdef(k.oid)
            FROM tables AS t
            JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid AND k.contype IN ('c', 'p', 'u', 'f')
            UNION ALL
            SELECT 'index ' || t.relname,
                   CASE WHEN i.indisunique THEN 'unique ' ELSE '' END || 'on ' || o.relname || ' ('
                       || (SELECT string_agg(replace(pg_catalog.pg_get_indexdef(t.oid, k.n, true), t.qualifier, ''), ', ' ORDER BY k.n)
                           FROM generate_series(1, i.indnatts) AS k (n)) || ')'
                       || COALESCE(' where ' || pg_catalog.pg_get_expr(i.indpred, i.indrelid, true), '')
                       || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END
            FROM tables AS t
            JOIN pg_catalog.pg_index AS i ON i.indexrelid = t.oid
            JOIN pg_catalog.pg_class AS o ON o.oid = i.indrelid
            UNION ALL
            SELECT 'trigger ' || t.relname || '.' || g.tgname,
                   f.proname || ' type ' || g.tgtype
                       || CASE WHEN g.tgqual IS NULL THEN '' ELSE ' conditional' END
                       || CASE WHEN g.tgenabled = 'O' THEN '' ELSE ' disabled' END
            FROM tables AS t
            JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = t.oid AND NOT g.tgisinternal
            JOIN pg_catalog.pg_proc AS f ON f.oid = g.tgfoid
            UNION ALL
            SELECT 'function ' || f.proname,
                   'body ' || md5(replace(f.prosrc, ?, '${schema}'))
                       || COALESCE(' of version ' || substring(pg_catalog.obj_description(f.oid, 'pg_proc')
                                                               FROM '^sayiir-postgres schema version ([0-9]{1,9})$'), '')
            FROM pg_catalog.pg_proc AS f
            JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
            WHERE n.nspname = ? AND f.proname LIKE 'sayiir\\_%'
            """;

    /** For this transaction only, whatever the role or the database has: names as in the list of what is expected. */
    private static final String AS_USUAL = "SELECT pg_catalog.set_config('quote_all_identifiers', 'off', true)";

    private static final Pattern OF_VERSION = Pattern.compile("body .* of version ([0-9]+)");

    private final JdbcTemplate jdbc;
    private final SchemaName schema;

    SchemaCatalog(JdbcTemplate jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.schema = schema;
    }

    /** Name to definition, in the order of the names. */
    SortedMap<String, String> objects() {
        SortedMap<String, String> objects = new TreeMap<>();
        DataSource dataSource = Objects.requireNonNull(jdbc.getDataSource());
        new TransactionTemplate(new DataSourceTransactionManager(dataSource)).executeWithoutResult(transaction -> {
            jdbc.query(AS_USUAL, row -> {});
            jdbc.query(
                    OBJECTS,
                    row -> {
                        objects.put(row.getString("object"), row.getString("definition"));
                    },
                    schema.name(),
                    SchemaMigrator.HISTORY_TABLE,
                    schema.quoted(),
                    schema.name());
        });
        objects.keySet().removeIf(object -> object.contains(SchemaMigrator.HISTORY_TABLE));
        return objects;
    }

    static SortedMap<String, String> expected() {
        SortedMap<String, String> objects = new TreeMap<>();
        for (String line : read(EXPECTED).lines().toList()) {
            String[] parts = line.split(" = ", 2);
            objects.put(parts[0], parts.length == 2 ? parts[1] : "");
        }
        return objects;
    }

    /**
     * One line for each expected object that is missing or different. What else is there does not matter, nor does the body
     * of a function that a later version of the schema has replaced: it says so by its comment, and does for this version what
     * the one before did.
     */
    List<String> differences() {
        SortedMap<String, String> actual = objects();
        return expected().entrySet().stream()
                .filter(object -> !object.getValue().equals(actual.get(object.getKey())))
                .filter(object -> !isLater(actual.getOrDefault(object.getKey(), "")))
                .map(object -> {
                    String found = actual.get(object.getKey());
                    return found == null
                            ? "missing: " + object.getKey()
                            : "different: " + object.getKey() + " is " + found + " instead of " + object.getValue();
                })
                .toList();
    }

    private static boolean isLater(String definition) {
        Matcher version = OF_VERSION.matcher(definition);
        return version.matches() && Integer.parseInt(version.group(1)) > Migration.latest();
    }

    static String read(String resource) {
        try (InputStream in = Objects.requireNonNull(SchemaCatalog.class.getResourceAsStream(resource), resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot read " + resource + " from the library's own jar", e);
        }
    }
}
