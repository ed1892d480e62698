package dev.sayiir.postgres;

import java.nio.charset.StandardCharsets;

/**
 * The schema that holds the tables. SQL is written with {@code ${schema}} where its name goes, as in the migrations;
 * {@link #in} puts it there, quoted. Beside the names of {@link NotifyChannel} and of the history table this is the only
 * text that is ever put into a statement.
 */
record SchemaName(String name) {

    /** PostgreSQL cuts longer identifiers off without a word. */
    private static final int MAX_BYTES = 63;

    SchemaName {
        requireUsable("schema", name, MAX_BYTES);
        if (name.startsWith("pg_") || name.equals("information_schema")) {
            throw new IllegalArgumentException(
                    "The schema name '" + name + "' belongs to PostgreSQL itself; choose another name");
        }
    }

    static String requireUsable(String what, String name, int maxBytes) {
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > maxBytes) {
            throw new IllegalArgumentException(
                    "The " + what + " name '" + name + "' has to take 1 to " + maxBytes + " bytes in UTF-8");
        }
        if (name.chars().anyMatch(c -> c == '\0' || c == '$' || c == '?' || c == '%')) {
            throw new IllegalArgumentException("The " + what + " name '" + name.replace('\0', ' ')
                    + "' has a character that is not allowed in it (NUL, $, ? or %); choose another name");
        }
        return name;
    }

    String quoted() {
        return quoted(name);
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    String in(String sql) {
        return sql.replace("${schema}", quoted());
    }
}
