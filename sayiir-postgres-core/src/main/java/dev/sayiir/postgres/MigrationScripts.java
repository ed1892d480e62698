package dev.sayiir.postgres;

import java.io.Reader;
import java.io.StringReader;
import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Stream;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * Gives Flyway the migrations by name. It would look for them on the class path else, which takes time, and finds nothing
 * in a native image.
 */
final class MigrationScripts implements ResourceProvider {

    /** Flyway also asks for settings of a script, of which there are none. */
    @Override
    public @Nullable LoadableResource getResource(String name) {
        return scripts()
                .filter(script -> script.getFilename().equals(name))
                .findFirst()
                .orElse(null);
    }

    @Override
    public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
        return scripts()
                .filter(script -> script.getFilename().startsWith(prefix)
                        && Arrays.stream(suffixes).anyMatch(script.getFilename()::endsWith))
                .toList();
    }

    private static Stream<LoadableResource> scripts() {
        return Migration.ALL.stream().map(Script::new);
    }

    private static final class Script extends LoadableResource {

        private final Migration migration;

        Script(Migration migration) {
            this.migration = migration;
        }

        @Override
        public Reader read() {
            return new StringReader(migration.sql());
        }

        @Override
        public String getFilename() {
            return migration.script();
        }

        @Override
        public String getRelativePath() {
            return migration.script();
        }

        @Override
        public String getAbsolutePath() {
            return "dev/sayiir/postgres/migration/" + migration.script();
        }

        @Override
        public String getAbsolutePathOnDisk() {
            return getAbsolutePath();
        }
    }
}
