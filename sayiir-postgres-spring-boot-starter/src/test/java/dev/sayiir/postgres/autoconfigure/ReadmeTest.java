package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.SayiirException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AssignableTypeFilter;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the README says is so. */
class ReadmeTest {

    private static final Path TESTS = Path.of("src/test/java/dev/sayiir/postgres/autoconfigure");

    private final String readme = read(Path.of("../README.md"));

    @Test
    void its_java_code_is_the_code_that_the_tests_run() {
        String examples = read(TESTS.resolve("ReadmeExamplesTest.java"))
                + read(TESTS.resolve("ReadmeApplicationExamplesTest.java"));
        List<String> regions = all("(?s)// region [\\w-]+\\n(.*?)\\n *// endregion", examples).stream()
                .map(String::stripIndent)
                // Only nested here.
                .map(region -> region.replace("public static class", "public class"))
                .toList();
        assertThat(blocks("java")).isNotEmpty().containsExactlyInAnyOrderElementsOf(regions);
    }

    @Test
    void its_yaml_is_what_the_tests_start_with() {
        assertThat(blocks("yaml"))
                .containsExactly(read(Path.of("src/test/resources/readme/application.yml"))
                        .stripTrailing());
    }

    @Test
    void its_grants_are_those_that_the_tests_run() {
        assertThat(blocks("sql"))
                .containsExactly(
                        read(Path.of("src/test/resources/readme/grants.sql")).stripTrailing());
    }

    @Test
    void its_dependency_is_this_one() {
        String parent = read(Path.of("pom.xml"));
        assertThat(blocks("xml"))
                .singleElement()
                .satisfies(dependency -> assertThat(dependency)
                        .contains("<groupId>dev.sayiir</groupId>")
                        .contains("<artifactId>sayiir-postgres-spring-boot-starter</artifactId>")
                        .contains(all("(<version>.*?</version>)", parent).get(0)));
    }

    @Test
    void its_property_table_is_the_metadata() throws IOException {
        JsonNode metadata;
        try (InputStream in = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            metadata = JsonMapper.shared().readTree(in);
        }
        // Those of the pool are Hikari's, and Hikari explains them: one row for them all.
        List<String> rows = StreamSupport.stream(metadata.get("properties").spliterator(), false)
                .filter(property -> !property.get("name").stringValue().startsWith("sayiir.postgres.hikari."))
                .map(ReadmeTest::row)
                .toList();
        assertThat(all("(?m)^(\\| `(?:sayiir\\.postgres|management\\.endpoint)\\.[\\w.-]+` \\|.*)$", readme))
                .containsExactlyInAnyOrderElementsOf(rows);
    }

    @Test
    void its_error_table_has_every_exception() {
        var scanner = new ClassPathScanningCandidateComponentProvider(false);
        scanner.addIncludeFilter(new AssignableTypeFilter(SayiirException.class));
        List<String> exceptions = scanner.findCandidateComponents("dev.sayiir").stream()
                .map(exception -> ClassUtils.getShortName(String.valueOf(exception.getBeanClassName())))
                .toList();
        assertThat(exceptions).isNotEmpty();
        assertThat(all("(?m)^\\| `(\\w+Exception)`.*$", readme)).containsAll(exceptions);
    }

    @Test
    void it_names_the_versions_that_are_tested() {
        assertThat(PostgresServer.SUPPORTED).containsExactly(13, 15, 17, 18);
        assertThat(readme).contains("| PostgreSQL | 13, 15, 17, 18 |");
    }

    private List<String> blocks(String language) {
        return all("(?s)```" + language + "\\n(.*?)\\n```", readme);
    }

    private static String row(JsonNode property) {
        JsonNode value = property.get("defaultValue");
        return "| `" + property.get("name").stringValue() + "` | "
                + (value == null ? "" : "`" + value.asString() + "`") + " | "
                + property.get("description").stringValue() + " |";
    }

    private static List<String> all(String regex, String text) {
        return Pattern.compile(regex)
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).replace("\r\n", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
