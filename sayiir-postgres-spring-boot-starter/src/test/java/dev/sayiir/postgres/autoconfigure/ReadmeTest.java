package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.testing.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;

/** What the README says is so. Its Java code is checked by {@link DocumentationTest} and run by {@link ApplicationExamplesTest}. */
class ReadmeTest {

    private final String readme = Docs.read("README.md");

    @Test
    void it_shows_a_whole_application() {
        assertThat(Docs.blocks(readme, "java"))
                .containsExactly(Docs.read(
                                Docs.ROOT.resolve(
                                        "sayiir-postgres-spring-boot-starter/src/test/java/com/example/shop/ShopApplication.java"))
                        .stripTrailing());
    }

    @Test
    void its_settings_are_those_that_the_application_is_run_with() {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(
                new ByteArrayResource(Docs.blocks(readme, "yaml").get(0).getBytes(StandardCharsets.UTF_8)));
        Properties settings = yaml.getObject();
        assertThat(settings)
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "spring.datasource.url", "jdbc:postgresql://localhost:5432/shop",
                        "spring.datasource.username", "shop",
                        "spring.datasource.password", "${SHOP_PASSWORD}",
                        "spring.main.keep-alive", true));
    }

    @Test
    void its_dependency_is_this_one() {
        String module = Docs.read("sayiir-postgres-spring-boot-starter/pom.xml");
        assertThat(Docs.blocks(readme, "xml"))
                .singleElement()
                .satisfies(dependency -> assertThat(dependency)
                        .contains("<groupId>dev.sayiir</groupId>")
                        .contains("<artifactId>sayiir-postgres-spring-boot-starter</artifactId>")
                        .contains(Docs.all("(<version>.*?</version>)", module).get(0)));
    }

    @Test
    void it_has_the_commands_that_run_the_sample_and_the_tests() {
        assertThat(Docs.blocks(readme, "shell"))
                .isEqualTo(List.of(
                        "mvn -q -pl sayiir-postgres-samples/order-fulfilment -am spring-boot:run", "mvn -B verify"));
    }

    @Test
    void it_names_the_versions_that_are_tested() {
        assertThat(PostgresServer.SUPPORTED).containsExactly(13, 15, 17, 18);
        assertThat(readme).contains("| PostgreSQL | 13 or later | 13, 15, 17, 18 |");
        assertThat(Docs.read("docs/reference.md")).contains("| PostgreSQL | 13, 15, 17, 18 |");
    }

    @Test
    void it_is_short() {
        assertThat(readme.lines().count()).isLessThanOrEqualTo(220);
    }
}
