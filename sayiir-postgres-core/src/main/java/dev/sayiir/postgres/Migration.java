package dev.sayiir.postgres;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;

/**
 * One script that makes or upgrades the schema. As Flyway reads its name, {@code V1__two_words.sql} has the version 1 and
 * the description "two words".
 */
record Migration(String version, String description) {

    /** In the order in which they run. */
    static final List<Migration> ALL = List.of(new Migration("1", "workflows"));

    String script() {
        return "V" + version + "__" + description.replace(' ', '_') + ".sql";
    }

    String sql() {
        return SchemaCatalog.read("migration/" + script());
    }

    /** The one that Flyway records: of the lines, whatever ends them. */
    int checksum() {
        CRC32 checksum = new CRC32();
        sql().lines().forEach(line -> checksum.update(line.getBytes(StandardCharsets.UTF_8)));
        return (int) checksum.getValue();
    }
}
