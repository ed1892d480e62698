package dev.sayiir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedServerTest {

    private static final Map<String, String> SMALL = Map.of("shared_buffers", "16MB", "min_wal_size", "80MB");

    @TempDir
    private Path home;

    /** Starts a server, says its process id, and waits to be killed. */
    static final class Starter {

        public static void main(String[] args) throws Exception {
            EmbeddedServer server = EmbeddedServer.start(Path.of(args[0]), SMALL);
            System.out.println("server " + pid(server));
            System.in.read();
        }
    }

    private static long pid(EmbeddedServer server) throws Exception {
        try (Database database = Database.open(server.address(), 1)) {
            long session =
                    Long.parseLong(database.row("SELECT pg_backend_pid()").get(0));
            return ProcessHandle.of(session)
                    .flatMap(ProcessHandle::parent)
                    .orElseThrow()
                    .pid();
        }
    }

    /** Also if the system is slow to forget a process that has ended. */
    private static void requireEnded(long pid) {
        ProcessHandle.of(pid)
                .ifPresent(process ->
                        process.onExit().orTimeout(30, TimeUnit.SECONDS).join());
    }

    private List<Path> data() throws Exception {
        try (Stream<Path> files = Files.list(home)) {
            return files.filter(file -> file.getFileName().toString().startsWith("data-of-"))
                    .toList();
        }
    }

    @Test
    void a_server_is_fit_to_be_measured_and_gone_with_its_data_when_it_is_closed() throws Exception {
        long pid;
        try (EmbeddedServer server = EmbeddedServer.start(home, SMALL);
                Database database = Database.open(server.address(), 1)) {
            pid = pid(server);
            database.requireFit();
            assertThat(database.row("SHOW listen_addresses")).containsExactly("localhost");
            assertThat(data()).hasSize(1);
        }

        requireEnded(pid);
        assertThat(data()).isEmpty();
    }

    @Test
    void a_server_that_is_not_durable_is_refused() throws Exception {
        try (EmbeddedServer server = EmbeddedServer.start(home, Map.of("shared_buffers", "16MB", "fsync", "off"));
                Database database = Database.open(server.address(), 1)) {
            assertThatIllegalStateException()
                    .isThrownBy(database::requireFit)
                    .withMessageContaining("is not durable, and its figures would mean little: fsync=off")
                    .withMessageNotContaining("password");
        }
    }

    @Test
    void a_server_whose_process_was_killed_is_stopped_by_the_next_one() throws Exception {
        Process starter = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Starter.class.getName(),
                        home.toString())
                .redirectErrorStream(true)
                .start();
        long pid;
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(starter.getInputStream(), StandardCharsets.UTF_8))) {
            pid = out.lines()
                    .filter(line -> line.startsWith("server "))
                    .map(line -> Long.parseLong(line.substring("server ".length())))
                    .findFirst()
                    .orElseThrow();
        } finally {
            starter.destroyForcibly();
            assertThat(starter.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(ProcessHandle.of(pid)).as("it outlives its process").isPresent();

        StrayServers.remove(home);

        requireEnded(pid);
        assertThat(data()).isEmpty();
    }
}
