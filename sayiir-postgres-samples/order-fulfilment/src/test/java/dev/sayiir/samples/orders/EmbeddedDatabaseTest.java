package dev.sayiir.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedDatabaseTest {

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
    void one_that_was_closed_early_does_not_start_late() {
        EmbeddedDatabase database = new EmbeddedDatabase(directory);
        database.close();

        assertThatThrownBy(database::start).isInstanceOf(IllegalStateException.class);
        assertThat(directory).isEmptyDirectory();
    }

    private ProcessHandle leaveStray(Path home) throws Exception {
        try (var killed = ApplicationProcess.start(directory, KilledWhileServing.class, home.toString())) {
            String output = killed.remainingOutput();
            assertThat(killed.process().waitFor()).as(output).isEqualTo(PowerCut.EXIT_CODE);
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
            Runtime.getRuntime().halt(PowerCut.EXIT_CODE);
        }
    }
}
