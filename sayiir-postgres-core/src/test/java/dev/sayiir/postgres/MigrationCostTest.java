package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** To start on a schema that is up to date costs next to nothing, and nothing that should be reported goes unseen by that. */
class MigrationCostTest {

    /** Can it be written to, is there a record of migrations, and what does it say. */
    private static final long STATEMENTS = 3;

    private final Database database = PostgresServer.of(17).newDatabase();
    private final SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "sayiir");

    @BeforeEach
    void migrate() {
        migrator.migrate();
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void a_schema_that_is_up_to_date_takes_three_statements() {
        CountedStatements counts = new CountedStatements(database.dataSource());
        SchemaMigrator next = new SchemaMigrator(counts.dataSource(), "sayiir");

        assertThat(counts.during(next::migrate)).isEqualTo(STATEMENTS);
    }

    @Test
    void a_schema_that_is_up_to_date_takes_one_connection() {
        HikariConfig single = database.poolConfig(database.url());
        single.setMaximumPoolSize(1);
        try (HikariDataSource pool = new HikariDataSource(single)) {
            assertThatCode(new SchemaMigrator(pool, "sayiir")::migrate).doesNotThrowAnyException();
        }
    }

    @Test
    void a_schema_that_is_up_to_date_takes_no_class_of_flyway() throws Exception {
        try (URLClassLoader withoutFlyway = classPathWithoutFlyway()) {
            assertThatCode(() -> migrateIn(withoutFlyway, "sayiir")).doesNotThrowAnyException();
            assertThatThrownBy(() -> migrateIn(withoutFlyway, "other"))
                    .rootCause()
                    .isInstanceOf(ClassNotFoundException.class)
                    .hasMessageContaining("org.flywaydb");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            checksum = 7                    | checksum mismatch
            description = 'other'           | description mismatch
            success = false                 | failed migration
            version = '0.5'                 | not resolved locally
            """)
    void a_record_that_says_something_else_is_reported(String change, String report) {
        new JdbcTemplate(database.dataSource())
                .update("UPDATE sayiir.sayiir_schema_history SET " + change + " WHERE version = '1'");

        assertThatThrownBy(migrator::migrate)
                .isInstanceOf(SchemaMigrationException.class)
                .hasMessageContaining("Schema 'sayiir' could not be migrated")
                .hasMessageFindingMatch("(?i)" + report);
    }

    private static URLClassLoader classPathWithoutFlyway() throws IOException {
        List<URL> urls = new ArrayList<>();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        for (String entry : classPath.split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (!path.getFileName().toString().startsWith("flyway-")) {
                urls.add(path.toUri().toURL());
            }
        }
        return new URLClassLoader(urls.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
    }

    private void migrateIn(ClassLoader loader, String schema) throws ReflectiveOperationException {
        Class<?> type = loader.loadClass(SchemaMigrator.class.getName());
        Object migrator =
                type.getConstructor(DataSource.class, String.class).newInstance(database.dataSource(), schema);
        type.getMethod("migrate").invoke(migrator);
    }
}
