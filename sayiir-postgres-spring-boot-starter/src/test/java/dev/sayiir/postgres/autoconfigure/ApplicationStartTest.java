package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.SnapshotStore;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;

/** A whole application, with every auto-configuration that is on the class path. */
@ExtendWith(OutputCaptureExtension.class)
class ApplicationStartTest extends StarterTest {

    @Test
    void it_starts_with_the_application_s_database() {
        try (ConfigurableApplicationContext context = start(settings("spring.datasource", database))) {
            context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
        }
    }

    @Test
    void it_starts_with_nothing_but_a_url_of_its_own() {
        try (ConfigurableApplicationContext context = start(settings("sayiir.postgres", database))) {
            context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
        }
    }

    @Test
    void it_says_what_to_set_when_there_is_no_database(CapturedOutput output) {
        assertThatThrownBy(this::start);
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("There is no database to keep workflows in")
                .contains("Set sayiir.postgres.url")
                .contains("spring.datasource.url")
                .contains("sayiir.postgres.enabled=false")
                .doesNotContain("H2");
    }

    @Test
    void it_says_what_to_set_when_the_url_is_none(CapturedOutput output) {
        assertThatThrownBy(() -> start("sayiir.postgres.url=localhost/shop"));
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains("Write it as jdbc:postgresql://host:port/database")
                .doesNotContain("localhost/shop");
    }

    @Test
    void it_says_which_codecs_there_are(CapturedOutput output) {
        String[] settings = Stream.concat(
                        Arrays.stream(settings("spring.datasource", database)), Stream.of("sayiir.postgres.codec=xml"))
                .toArray(String[]::new);
        assertThatThrownBy(() -> start(settings));
        assertThat(output).contains("APPLICATION FAILED TO START").contains("json, smile");
    }

    @Test
    void switched_off_it_leaves_a_missing_database_to_spring_boot(CapturedOutput output) {
        assertThatThrownBy(() -> start("sayiir.postgres.enabled=false"));
        assertThat(output).contains("Failed to configure a DataSource").doesNotContain("workflows");
    }

    private ConfigurableApplicationContext start(String... settings) {
        SpringApplication application = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .build();
        return application.run(
                Arrays.stream(settings).map(setting -> "--" + setting).toArray(String[]::new));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = LiquibaseAutoConfiguration.class)
    static class Application {}
}
