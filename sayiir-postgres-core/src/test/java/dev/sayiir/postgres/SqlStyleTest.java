package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** R6 and the like, as far as the text of the statements shows them. */
class SqlStyleTest {

    static List<Path> sources() throws IOException {
        List<Path> sources = new ArrayList<>();
        for (String folder :
                List.of("src/main/java/dev/sayiir/postgres", "src/main/resources/dev/sayiir/postgres/migration")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(Files::isRegularFile).forEach(sources::add);
            }
        }
        return sources;
    }

    @ParameterizedTest
    @MethodSource("sources")
    void columns_are_named_and_tables_are_qualified(Path source) throws IOException {
        String text = Files.readString(source);
        assertThat(text)
                .doesNotContainPattern("(?i)select\\s+([a-z]\\w*\\.)?\\*")
                .doesNotContainPattern("(?i)\\b(from|join|into|update|table|on)\\s+sayiir_");
    }

    @ParameterizedTest
    @MethodSource("sources")
    void R6_nothing_is_left_behind_in_a_session(Path source) throws IOException {
        assertThat(Files.readString(source))
                .doesNotContainPattern("(?i)\\bset\\s+(session|search_path)")
                .doesNotContainPattern("(?i)pg_(try_)?advisory_lock")
                .doesNotContainPattern("(?i)create\\s+(global\\s+|local\\s+)?temp");
    }

    /** A transaction that notifies holds up every other one that does, so no checkpoint does; and LISTEN is session state. */
    @ParameterizedTest
    @MethodSource("sources")
    void R21_only_the_wake_ups_own_connections_notify_and_listen(Path source) throws IOException {
        String file = source.getFileName().toString();
        assertThat(Files.readString(source).contains("pg_notify")).isEqualTo(file.equals("NotificationSender.java"));
        assertThat(Files.readString(source).contains("\"LISTEN ")).isEqualTo(file.equals("ListenerConnection.java"));
    }
}
