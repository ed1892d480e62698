package dev.sayiir.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.samples.orders.database.JavaProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The jar that the build makes, with what Spring has found out ahead of time. */
@Timeout(120)
class PackagedJarIT {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @TempDir
    private Path directory;

    @Test
    void the_jar_starts_with_its_ahead_of_time_processing_and_fulfils_orders() throws Exception {
        try (var application = JavaProcess.start(
                directory,
                "-Dspring.aot.enabled=true",
                "-jar",
                System.getProperty("sample.jar"),
                "--serve",
                "--server.port=0",
                "--orders.packing-time=10ms")) {
            int port = port(application);

            await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
                HttpResponse<String> health = get(port, "/actuator/health");
                assertThat(health.statusCode()).isEqualTo(200);
                assertThat(health.body()).contains("\"sayiir\":{\"details\"");
            });
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(
                            () -> assertThat(get(port, "/orders/4711").body()).contains("SHIPPED"));

            application.process().toHandle().destroy();
            assertThat(application.remainingOutput()).doesNotContain("Exception");
        }
        assertThat(directory.resolve("target").resolve("embedded-postgres")).isDirectoryNotContaining("glob:**/data-*");
    }

    private static int port(JavaProcess application) {
        StringBuilder output = new StringBuilder();
        boolean aot = false;
        for (String line = application.line(); line != null; line = application.line()) {
            output.append(line).append('\n');
            aot |= line.contains("AOT-processed");
            if (line.contains("Tomcat started on port ")) {
                assertThat(aot).as(output.toString()).isTrue();
                return Integer.parseInt(line.replaceAll(".*Tomcat started on port (\\d+) .*", "$1"));
            }
        }
        throw new AssertionError("It does not start:\n" + output);
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
