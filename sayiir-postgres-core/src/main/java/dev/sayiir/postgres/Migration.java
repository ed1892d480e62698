package dev.sayiir.postgres;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * What makes or upgrades the schema in one step: to Flyway a script, {@code V1__two_words.sql} for the version 1 and the
 * description "two words"; here several, one for each purpose, in a folder of that version.
 *
 * @param scripts their names, in the order in which they run
 */
record Migration(String version, String description, List<String> scripts) {

    /** In the order in which they run. */
    static final List<Migration> ALL = List.of(new Migration(
            "1", "workflows", List.of("tables", "statuses", "reading", "claiming", "saving", "committing")));

    /** The version of the schema that all of them together make. */
    static int latest() {
        return Integer.parseInt(ALL.get(ALL.size() - 1).version());
    }

    String script() {
        return "V" + version + "__" + description.replace(' ', '_') + ".sql";
    }

    String sql() {
        return scripts.stream()
                .map(script -> SchemaCatalog.read("migration/v" + version + "/" + script + ".sql"))
                .collect(Collectors.joining("\n"));
    }

    /** The one that Flyway records: of the lines, whatever ends them. */
    int checksum() {
        CRC32 checksum = new CRC32();
        sql().lines().forEach(line -> checksum.update(line.getBytes(StandardCharsets.UTF_8)));
        return (int) checksum.getValue();
    }
}
