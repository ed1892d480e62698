package dev.sayiir.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole sample, as a user runs it: real processes that are really killed, on a real PostgreSQL. */
@Timeout(120)
class OrderFulfilmentApplicationTest {

    @TempDir
    private Path directory;

    @Test
    void orders_survive_a_crash_in_the_middle_of_a_step() throws Exception {
        try (var application = ApplicationProcess.start(directory, OrderFulfilmentApplication.class)) {
            String output = application.remainingOutput();

            assertThat(application.process().waitFor()).as(output).isZero();
            assertThat(output)
                    .contains("The columns say: 9 InProgress, 7 Completed.")
                    .contains("The columns say: 16 Completed.")
                    .containsPattern("4717 +Inês Carvalho +NORMAL +38.30 +Completed +4 +0 +4")
                    .containsPattern("4718 +Þórunn \"Tóta\" O'Brien-Łącka +NORMAL +90.90 +Completed +2 +3 +1")
                    .containsPattern("4719 +Katarzyna Nowak +NORMAL +29.70 +Completed +0 +4 +0")
                    .containsPattern("Total +16 orders +1052.35 +30 +35 +29")
                    .containsPattern("2 +InProgress +charge +reserve")
                    .containsPattern("5 +Completed +- +ship")
                    .contains("at task charge, done [reserve], reservation RSV-4718-")
                    .containsPattern("Completed +16\n")
                    .containsPattern("order-4718 +charge +PAY-4718-")
                    .contains("each of their 64 step results exactly once")
                    .doesNotContain("Exception", "WARN", "ERROR");
        }
        assertThat(serverFiles()).isEmpty();
    }

    @Test
    void it_runs_again_and_again_on_a_database_that_it_is_given() throws Exception {
        try (var database = new EmbeddedDatabase(directory.resolve("given")).start()) {
            assertThat(runOn(database)).containsPattern("Completed +16\n");
            assertThat(runOn(database)).containsPattern("Completed +32\n");
        }
        assertThat(directory.resolve("target")).isEmptyDirectory();
    }

    @Test
    void when_it_is_stopped_it_stops_what_it_has_started() throws Exception {
        try (var application = ApplicationProcess.start(directory, OrderFulfilmentApplication.class)) {
            while (!application.line().startsWith("Life 1 (process")) {
                // reads on
            }
            List<ProcessHandle> started = application.process().descendants().toList();
            assertThat(started).isNotEmpty();

            // By its handle, which leaves the pipe open: what it says at its end is of interest.
            application.process().toHandle().destroy();

            assertThat(application.remainingOutput()).doesNotContain("Exception");
            assertThat(application.process().waitFor()).isNotZero();
            assertThat(started).noneMatch(ProcessHandle::isAlive);
        }
        assertThat(serverFiles()).isEmpty();
    }

    @Test
    void a_first_life_that_is_not_killed_is_a_failure() throws Exception {
        try (var application =
                ApplicationProcess.start(directory, OrderFulfilmentApplication.class, "--sample.crash-after=65")) {
            assertThat(application.remainingOutput()).contains("but ended with exit code 0");
            assertThat(application.process().waitFor()).isEqualTo(1);
        }
    }

    private String runOn(EmbeddedDatabase database) throws Exception {
        try (var application = ApplicationProcess.start(
                directory,
                OrderFulfilmentApplication.class,
                "--sayiir.postgres.url=" + database.url(),
                "--sayiir.postgres.username=" + EmbeddedDatabase.USERNAME,
                "--sayiir.postgres.password=" + EmbeddedDatabase.PASSWORD)) {
            String output = application.remainingOutput();
            assertThat(application.process().waitFor()).as(output).isZero();
            return output;
        }
    }

    private List<Path> serverFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("target").resolve("embedded-postgres"))) {
            return files.filter(file -> file.getFileName().toString().startsWith("data-"))
                    .toList();
        }
    }
}
