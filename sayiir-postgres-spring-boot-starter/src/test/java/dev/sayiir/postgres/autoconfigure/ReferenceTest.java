package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.UnknownOutcomeException;
import dev.sayiir.workflow.SayiirException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AssignableTypeFilter;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.util.ClassUtils;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The tables of docs/reference.md and the settings of docs/configuration.md are complete, and their blocks are what is run. */
class ReferenceTest {

    private static final Path RUN = Path.of("src/test/resources/documentation");

    private final String reference = Docs.read("docs/reference.md");

    @Test
    void the_first_settings_are_those_that_the_tests_start_with() {
        assertThat(Docs.blocks(Docs.read("docs/getting-started.md"), "yaml"))
                .containsExactly(Docs.read(RUN.resolve("application.yml")).stripTrailing());
    }

    @Test
    void the_grants_are_those_that_the_tests_run() {
        assertThat(Docs.blocks(reference, "sql"))
                .containsExactly(Docs.read(RUN.resolve("grants.sql")).stripTrailing());
    }

    @Test
    void the_property_table_is_the_metadata() throws IOException {
        JsonNode metadata;
        try (InputStream in = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            metadata = JsonMapper.shared().readTree(in);
        }
        // Those of the pool are Hikari's, and Hikari explains them: one row for them all.
        List<String> rows = StreamSupport.stream(metadata.get("properties").spliterator(), false)
                .filter(property -> !property.get("name").stringValue().startsWith("sayiir.postgres.hikari."))
                .map(ReferenceTest::row)
                .toList();
        assertThat(Docs.all(
                        "(?m)^(\\| `(?:sayiir\\.postgres|management\\.endpoint)\\.[\\w.-]+` \\|.*)$",
                        Docs.read("docs/configuration.md")))
                .containsExactlyInAnyOrderElementsOf(rows);
    }

    @Test
    void the_error_table_has_every_exception() {
        var scanner = new ClassPathScanningCandidateComponentProvider(false);
        scanner.addIncludeFilter(new AssignableTypeFilter(SayiirException.class));
        List<String> exceptions = scanner.findCandidateComponents("dev.sayiir").stream()
                .map(exception -> ClassUtils.getShortName(String.valueOf(exception.getBeanClassName())))
                .toList();
        assertThat(exceptions).isNotEmpty();
        assertThat(Docs.all("(?m)^\\| `(\\w+Exception)`.*$", reference))
                .containsExactlyInAnyOrderElementsOf(exceptions);
    }

    @Test
    void the_failure_that_needs_care_is_described_as_it_is_thrown() {
        assertThat(UnknownOutcomeException.class).isPublic().hasSuperclass(DataAccessResourceFailureException.class);
        assertThat(reference).contains("`UnknownOutcomeException`, a `DataAccessResourceFailureException`");
    }

    @Test
    void every_attribute_of_a_task_is_explained() {
        String attributes = String.join(
                " ", Docs.all("(?m)^\\| (`\\w+`(?:, `\\w+`)*) \\|.*$", Docs.read("docs/tasks-and-outcomes.md")));
        assertThat(Docs.all("`(\\w+)`", attributes))
                .containsAll(Stream.of(WorkflowTask.class.getDeclaredMethods())
                        .map(Method::getName)
                        .toList());
    }

    @Test
    void the_backend_is_each_of_the_stores_that_are_listed() {
        List<String> stores = Stream.of(PostgresBackend.class.getInterfaces())
                .filter(type -> type.getPackageName().equals("dev.sayiir.persistence"))
                .map(Class::getSimpleName)
                .toList();
        assertThat(Docs.all(
                        "`(\\w+)`",
                        Docs.all("\\| `PostgresBackend` \\| (.*) \\|", reference)
                                .get(0)))
                .containsExactlyInAnyOrderElementsOf(stores);
        assertThat(Docs.read("README.md"))
                .contains(stores.stream().map(store -> "`" + store + "`").toList());
    }

    private static String row(JsonNode property) {
        JsonNode value = property.get("defaultValue");
        return "| `" + property.get("name").stringValue() + "` | "
                + (value == null ? "" : "`" + value.asString() + "`") + " | "
                + property.get("description").stringValue() + " |";
    }
}
