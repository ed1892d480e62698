package dev.sayiir.postgres;

import java.util.Optional;

/**
 * What a backend works on.
 *
 * @param schema the schema that holds the tables
 * @param schemaVersion the version of its last migration, read from {@link SchemaMigrator#HISTORY_TABLE}; empty if that table
 *     is missing or not readable: the schema was made by hand, or its migrations are recorded in a table of another name
 * @param serverVersion the version of PostgreSQL, such as {@code 17.2}
 * @param standby whether the server is a standby, on which nothing can be saved
 */
public record BackendStatus(String schema, Optional<String> schemaVersion, String serverVersion, boolean standby) {}
