package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.postgres.UnsupportedServerException.Reason;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.OddSettings;
import dev.sayiir.testing.PostgresServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** R24: what a server, a database or a role is set to makes no difference, or is refused at start with what to do. */
class OddSettingsTest {

    static List<String> each() {
        return OddSettings.EACH;
    }

    @ParameterizedTest
    @MethodSource("each")
    void R24_every_operation_works_with(String setting) {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            OddSettings.set(database, setting);

            EveryOperation.of(PostgresBackend.builder(database.dataSource()).build(), "odd-");
            new SchemaMigrator(database.dataSource(), "sayiir").validate();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            session_replication_role = replica                | no trigger fires
            default_transaction_isolation = 'repeatable read' | TRANSACTION_READ_COMMITTED
            default_transaction_isolation = serializable      | TRANSACTION_READ_COMMITTED
            exit_on_error = on                                | closes the connection
            """)
    void R24_what_cannot_work_is_refused_at_start(String setting, String reason) {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            OddSettings.set(database, setting);
            String name = setting.substring(0, setting.indexOf(' '));
            for (MigrationMode mode : List.of(MigrationMode.MIGRATE, MigrationMode.VALIDATE)) {
                assertThatThrownBy(() -> PostgresBackend.builder(database.dataSource())
                                .migration(mode)
                                .build())
                        .isInstanceOfSatisfying(
                                UnsupportedServerException.class,
                                e -> assertThat(e.reason()).isEqualTo(Reason.SETTING))
                        .hasMessageContaining(reason)
                        .hasMessageContaining("RESET " + name);
            }
            assertIsEmpty(database);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"LATIN1", "SQL_ASCII", "EUC_JP"})
    void R24_a_database_that_cannot_store_every_text_is_refused_at_start(String encoding) {
        try (Database database = PostgresServer.of(17).newDatabase(encoding)) {
            for (MigrationMode mode : List.of(MigrationMode.MIGRATE, MigrationMode.VALIDATE)) {
                assertThatThrownBy(() -> PostgresBackend.builder(database.dataSource())
                                .migration(mode)
                                .build())
                        .isInstanceOfSatisfying(
                                UnsupportedServerException.class,
                                e -> assertThat(e.reason()).isEqualTo(Reason.ENCODING))
                        .hasMessageContaining(encoding)
                        .hasMessageContaining(
                                "CREATE DATABASE workflows ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0");
            }
            assertIsEmpty(database);
        }
    }

    @Test
    void R24_the_advice_for_a_database_of_another_encoding_is_one_that_a_server_takes() {
        try (Database database = PostgresServer.of(13).newDatabase("UTF8")) {
            EveryOperation.of(PostgresBackend.builder(database.dataSource()).build(), "c-");
        }
    }

    private static void assertIsEmpty(Database database) {
        assertThat(new JdbcTemplate(database.dataSource())
                        .queryForObject("SELECT count(*) FROM pg_namespace WHERE nspname = 'sayiir'", Long.class))
                .isZero();
    }
}
