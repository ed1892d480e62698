package dev.sayiir.samples.orders.demonstration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import dev.sayiir.samples.orders.database.JavaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demonstration as a user runs it, in processes of its own. */
@Timeout(180)
class LauncherTest {

    @TempDir
    private Path directory;

    @Test
    void the_demonstration_prints_what_the_history_says_and_leaves_nothing_behind() throws Exception {
        try (var launcher = JavaProcess.start(directory, Launcher.class, "--seconds=5", "--kill-every=1s")) {
            String output = launcher.remainingOutput();

            assertThat(launcher.process().waitFor()).as(output).isZero();
            assertThat(output)
                    .contains("orders placed")
                    .contains("a bad deploy: 50 of 50 orders are blocked at 'receive', 0 have failed")
                    .contains("repaired: 50 orders go on")
                    .contains("50  orders were blocked by a bad deploy, 50 of which were let go on")
                    .containsPattern("killed worker-\\d+ \\(process \\d+\\)")
                    .containsPattern("[1-9]\\d*  orders were accepted")
                    .containsPattern("[1-9]\\d*  workers were killed with SIGKILL")
                    .contains("All is well")
                    .doesNotContain("Exception", "WARN", "ERROR");
        }
        assertThat(serverFiles()).isEmpty();
    }

    @Test
    void orders_that_fail_are_reported_and_a_failure_on_a_given_database_too() throws Exception {
        String longerThanAllowed = "--orders.approval-timeout=40000d";
        try (var database = new EmbeddedDatabase(directory.resolve("given")).start();
                var launcher = JavaProcess.start(
                        directory,
                        Launcher.class,
                        "--workers=1",
                        "--seconds=1",
                        "--orders.approval-above-cents=0",
                        longerThanAllowed,
                        "--spring.datasource.url=" + database.url(),
                        "--spring.datasource.username=" + EmbeddedDatabase.USERNAME,
                        "--spring.datasource.password=" + EmbeddedDatabase.PASSWORD)) {
            assertThat(launcher.remainingOutput())
                    .doesNotContain("Started an embedded PostgreSQL")
                    .contains("All is NOT well")
                    .contains("1 is not finished; the status of its workflow is Failed")
                    .contains("1 was finished 0 times");
            assertThat(launcher.process().waitFor()).isEqualTo(1);
        }
    }

    @Test
    void when_it_is_stopped_it_stops_what_it_has_started() throws Exception {
        try (var launcher = JavaProcess.start(directory, Launcher.class, "--workers=2")) {
            List<ProcessHandle> started = awaitStarted(launcher);

            // By its handle, which leaves the pipe open: what it says at its end is of interest.
            launcher.process().toHandle().destroy();

            assertThat(launcher.remainingOutput()).doesNotContain("Exception");
            assertThat(launcher.process().waitFor()).isNotZero();
            assertThat(started).noneMatch(ProcessHandle::isAlive);
        }
        assertThat(serverFiles()).isEmpty();
    }

    @Test
    void when_it_is_killed_its_workers_end_and_the_next_start_stops_its_server() throws Exception {
        List<ProcessHandle> started;
        try (var launcher = JavaProcess.start(directory, Launcher.class, "--workers=2")) {
            started = awaitStarted(launcher);
            launcher.process().toHandle().destroyForcibly();
            launcher.process().waitFor();
        }
        await().atMost(Duration.ofMinutes(1))
                .until(() -> started.stream().filter(ProcessHandle::isAlive).noneMatch(LauncherTest::isJava));
        assertThat(serverFiles()).hasSize(1);

        new EmbeddedDatabase(directory.resolve("target").resolve("embedded-postgres"))
                .start()
                .close();
        assertThat(started).noneMatch(ProcessHandle::isAlive);
        assertThat(serverFiles()).isEmpty();
    }

    @Test
    void an_option_that_there_is_not_is_refused() throws Exception {
        try (var launcher = JavaProcess.start(directory, Launcher.class, "--wrokers=3")) {
            assertThat(launcher.remainingOutput()).contains("There is no option --wrokers");
            assertThat(launcher.process().waitFor()).isEqualTo(2);
        }
    }

    @Test
    void a_server_that_is_not_its_own_is_not_killed() throws Exception {
        String url = "--spring.datasource.url=jdbc:postgresql://localhost/shop";
        try (var launcher = JavaProcess.start(directory, Launcher.class, "--kill-server", url)) {
            assertThat(launcher.remainingOutput()).contains("--kill-server kills no server but the embedded one");
            assertThat(launcher.process().waitFor()).isEqualTo(2);
        }
    }

    /** The workers and the server, once there is a progress line. The server is no child of ours: it has detached itself. */
    private List<ProcessHandle> awaitStarted(JavaProcess launcher) throws IOException {
        while (!launcher.line().contains("orders placed")) {
            // reads on
        }
        List<ProcessHandle> started = new ArrayList<>(
                launcher.process().children().filter(LauncherTest::isJava).toList());
        assertThat(started).hasSize(2);
        Path pidFile = serverFiles().get(0).resolve("postmaster.pid");
        String server = Files.readAllLines(pidFile).get(0).strip();
        started.add(ProcessHandle.of(Long.parseLong(server)).orElseThrow());
        return started;
    }

    private static boolean isJava(ProcessHandle process) {
        return process.info()
                .command()
                .filter(command -> command.endsWith("java"))
                .isPresent();
    }

    private List<Path> serverFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("target").resolve("embedded-postgres"))) {
            return files.filter(Files::isDirectory)
                    .filter(file -> file.getFileName().toString().startsWith("data-"))
                    .toList();
        }
    }
}
