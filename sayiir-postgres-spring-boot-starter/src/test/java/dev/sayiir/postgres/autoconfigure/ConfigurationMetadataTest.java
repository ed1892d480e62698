package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.NotifyMode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.convert.ApplicationConversionService;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What an editor knows of the properties is so. */
class ConfigurationMetadataTest {

    private static Map<String, JsonNode> properties;
    private static Map<String, JsonNode> hints;

    @BeforeAll
    static void read() throws IOException {
        try (InputStream in =
                ConfigurationMetadataTest.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            JsonNode metadata = JsonMapper.shared().readTree(in);
            properties = byName(metadata.get("properties"));
            hints = byName(metadata.get("hints"));
        }
    }

    @Test
    void every_property_is_described() {
        assertThat(properties)
                .isNotEmpty()
                .allSatisfy((name, property) -> assertThat(
                                name.startsWith("sayiir.postgres.hikari.") || property.has("description"))
                        .as(name)
                        .isTrue());
    }

    /** What each does is shown there; this only sees to it that none is forgotten. */
    @Test
    void every_property_is_set_in_a_test() throws IOException {
        StringBuilder sources = new StringBuilder();
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            for (Path file : files.filter(it -> it.toString().endsWith(".java")).toList()) {
                sources.append(Files.readString(file));
            }
        }
        assertThat(properties.keySet().stream().filter(name -> !name.startsWith("sayiir.postgres.hikari.")))
                .filteredOn(name -> !sources.toString().contains('"' + name + "="))
                .as("properties that no test sets; how long an endpoint's answer is cached is up to Spring Boot")
                .containsExactlyInAnyOrder(
                        "management.endpoint.sayiir.cache.time-to-live",
                        "management.endpoint.sayiirblocked.cache.time-to-live",
                        "management.endpoint.sayiirinstances.cache.time-to-live",
                        "management.endpoint.sayiirfailures.cache.time-to-live");
    }

    @Test
    void every_hint_is_of_a_property_that_there_is() {
        assertThat(hints).isNotEmpty();
        assertThat(properties).containsKeys(hints.keySet().toArray(String[]::new));
    }

    @Test
    void every_value_that_is_hinted_at_is_one_of_its_property_s_type_and_explained() {
        var conversion = ApplicationConversionService.getSharedInstance();
        hints.forEach((name, hint) -> values(hint).forEach(value -> {
            assertThat(value.get("description").stringValue()).as(name).endsWith(".");
            assertThatCode(() -> conversion.convert(
                            value.get("value").stringValue(),
                            Class.forName(properties.get(name).get("type").stringValue())))
                    .as(name)
                    .doesNotThrowAnyException();
        }));
    }

    @Test
    void every_mode_is_hinted_at() {
        assertThat(valuesOf("sayiir.postgres.migration.mode")).containsExactlyElementsOf(names(MigrationMode.values()));
        assertThat(valuesOf("sayiir.postgres.notify.mode")).containsExactlyElementsOf(names(NotifyMode.values()));
        assertThat(valuesOf("sayiir.postgres.worker.start-check"))
                .containsExactlyElementsOf(names(StartCheck.Mode.values()));
    }

    @Test
    void only_where_it_says_so_may_there_be_other_values() {
        List<String> enums = List.of(
                "sayiir.postgres.migration.mode", "sayiir.postgres.notify.mode", "sayiir.postgres.worker.start-check");
        assertThat(hints.entrySet().stream()
                        .filter(hint -> !hint.getValue().has("providers"))
                        .map(Map.Entry::getKey))
                .containsExactlyInAnyOrderElementsOf(enums);
    }

    private static List<String> names(Enum<?>[] constants) {
        return Stream.of(constants)
                .map(it -> it.name().toLowerCase(Locale.ROOT))
                .toList();
    }

    private static List<String> valuesOf(String property) {
        return values(hints.get(property))
                .map(value -> value.get("value").stringValue())
                .toList();
    }

    private static Stream<JsonNode> values(JsonNode hint) {
        return hint.has("values") ? stream(hint.get("values")) : Stream.empty();
    }

    private static Map<String, JsonNode> byName(JsonNode array) {
        return stream(array).collect(Collectors.toMap(it -> it.get("name").stringValue(), Function.identity()));
    }

    private static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }
}
