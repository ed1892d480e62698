package dev.sayiir.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresServerTest {

    @ParameterizedTest
    @ValueSource(ints = {12, 13, 15, 17, 18})
    void a_server_has_the_version_and_the_settings_that_were_asked_for(int major) throws SQLException {
        try (Database database = PostgresServer.of(major).newDatabase()) {
            assertThat(query(database, "SHOW server_version")).startsWith(major + ".");
            assertThat(query(database, "SHOW max_connections")).isEqualTo("200");
            assertThat(query(database, "SHOW server_encoding")).isEqualTo("UTF8");
        }
    }

    @Test
    void every_version_that_the_library_supports_can_be_had() {
        assertThat(PostgresServer.SUPPORTED)
                .allSatisfy(major -> assertThat(PostgresServer.of(major)).isSameAs(PostgresServer.of(major)));
    }

    @Test
    void databases_do_not_see_each_other() throws SQLException {
        PostgresServer server = PostgresServer.of(17);
        try (Database one = server.newDatabase();
                Database other = server.newDatabase()) {
            execute(one, "CREATE TABLE seen (id int)");

            assertThat(query(one, "SELECT count(*) FROM seen")).isEqualTo("0");
            assertThatThrownBy(() -> query(other, "SELECT count(*) FROM seen")).hasMessageContaining("seen");
        }
    }

    @Test
    void a_closed_database_is_gone_although_it_was_in_use() throws SQLException {
        Database database = PostgresServer.of(17).newDatabase();
        try (Connection connection = connect(database)) {
            database.close();
            assertThat(connection.isValid(1)).isFalse();
        }
        assertThatThrownBy(() -> connect(database)).isInstanceOf(SQLException.class);
        assertThatThrownBy(database::dataSource).isInstanceOf(IllegalStateException.class);
    }

    private static Connection connect(Database database) throws SQLException {
        return DriverManager.getConnection(database.url(), database.username(), database.password());
    }

    private static void execute(Database database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static String query(Database database, String sql) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
