package dev.sayiir.samples.orders.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

class EmbeddedDatabaseTest {

    private static final int EXIT_CODE = 137;

    @TempDir
    private Path directory;

    @Test
    void a_server_whose_process_was_killed_is_stopped_by_the_next_one_and_no_other() throws Exception {
        Path home = directory.resolve("target");
        ProcessHandle stray = leaveStray(home);
        assertThat(stray.isAlive()).isTrue();

        try (var database = new EmbeddedDatabase(home).start()) {
            assertThat(stray.isAlive()).isFalse();
            ProcessHandle server = onlyServer(home);
            try (var other = new EmbeddedDatabase(home).start()) {
                assertThat(other.url()).isNotEqualTo(database.url());
                assertThat(server.isAlive()).isTrue();
            }
            assertThat(server.isAlive()).isTrue();
        }
        assertThat(dataDirectories(home)).isEmpty();
    }

    @Test
    void a_server_is_known_as_our_own_however_its_directory_is_named() throws Exception {
        Path relative = Path.of("target", "relative-" + UUID.randomUUID());
        try (var database = new EmbeddedDatabase(relative).start();
                var other = new EmbeddedDatabase(relative.toAbsolutePath()).start()) {
            assertThat(answers(database)).isTrue();
            assertThat(answers(other)).isTrue();
        } finally {
            FileSystemUtils.deleteRecursively(relative);
        }
    }

    @Test
    void a_server_that_was_killed_starts_again_with_what_it_has_committed_or_leaves_nothing() throws Exception {
        try (var database = new EmbeddedDatabase(directory).start()) {
            String url = database.url();
            execute(database, "CREATE TABLE kept AS SELECT 1 AS one");

            database.kill();
            assertThatThrownBy(() -> answers(database)).isInstanceOf(SQLException.class);
            database.startAgain();

            assertThat(database.url()).isEqualTo(url);
            execute(database, "SELECT one FROM kept");
            database.kill();
        }
        assertThat(dataDirectories(directory)).isEmpty();
    }

    private static boolean answers(EmbeddedDatabase database) throws SQLException {
        execute(database, "SELECT 1");
        return true;
    }

    private static void execute(EmbeddedDatabase database, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection(
                        database.url(), EmbeddedDatabase.USERNAME, EmbeddedDatabase.PASSWORD);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Test
    void one_that_was_closed_early_does_not_start_late() {
        EmbeddedDatabase database = new EmbeddedDatabase(directory);
        database.close();

        assertThatThrownBy(database::start).isInstanceOf(IllegalStateException.class);
        assertThat(directory).isEmptyDirectory();
    }

    private ProcessHandle leaveStray(Path home) throws Exception {
        try (var killed = JavaProcess.start(directory, KilledWhileServing.class, home.toString())) {
            String output = killed.remainingOutput();
            assertThat(killed.process().waitFor()).as(output).isEqualTo(EXIT_CODE);
        }
        return onlyServer(home);
    }

    private static ProcessHandle onlyServer(Path home) throws IOException {
        List<Path> data = dataDirectories(home);
        assertThat(data).hasSize(1);
        String pid = Files.readAllLines(data.get(0).resolve("postmaster.pid")).get(0);
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }

    private static List<Path> dataDirectories(Path home) throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.filter(Files::isDirectory)
                    .filter(file -> file.getFileName().toString().startsWith("data-"))
                    .toList();
        }
    }

    /** Started as a process of its own. */
    static final class KilledWhileServing {

        private KilledWhileServing() {}

        public static void main(String[] arguments) {
            new EmbeddedDatabase(Path.of(arguments[0])).start();
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }
}
