package dev.sayiir.postgres;

import java.util.Optional;

/**
 * What a backend works on.
 *
 * @param schema the schema that holds the tables
 * @param schemaVersion the version of its last migration; empty if none is recorded, as when it was made by hand
 * @param serverVersion the version of PostgreSQL, such as {@code 17.2}
 * @param standby whether the server is a standby, on which nothing can be saved
 */
public record BackendStatus(String schema, Optional<String> schemaVersion, String serverVersion, boolean standby) {}
