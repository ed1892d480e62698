package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.SnapshotStore;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.JdbcTemplate;

/** The recipes for SSL, on a server that has a certificate of its own. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the server's shell writes its key")
class SslTest extends StarterTest {

    @TempDir
    private static Path folder;

    private static EncryptedServer server;

    @BeforeAll
    static void give_the_server_a_certificate() throws Exception {
        server = new EncryptedServer(folder);
        server.newCertificate("other", "localhost");
    }

    @AfterAll
    static void turn_it_off() {
        server.close();
    }

    @Test
    void by_the_url_the_pool_the_migration_and_the_stores_connect_to_the_server_that_is_trusted() {
        recipe("ssl.yml", "sayiir.postgres", "server.crt").run(context -> {
            context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
            isEncrypted(context.getBean(DataSource.class));
        });
    }

    @Test
    void by_the_url_a_server_that_is_not_trusted_is_refused() {
        recipe("ssl.yml", "sayiir.postgres", "other.crt")
                .run(context -> assertThat(context).getFailure().hasStackTraceContaining("PKIX path"));
    }

    @Test
    void by_a_bundle_the_pool_the_migration_and_the_stores_connect_to_the_server_that_is_trusted() {
        recipe("ssl-bundle.yml", "sayiir.postgres", "server.crt").run(context -> {
            context.getBean(SnapshotStore.class).createSnapshot(order("order-2"));
            isEncrypted(context.getBean(DataSource.class));
        });
    }

    @Test
    void by_a_bundle_a_server_that_is_not_trusted_is_refused() {
        recipe("ssl-bundle.yml", "sayiir.postgres", "other.crt")
                .run(context -> assertThat(context).getFailure().hasStackTraceContaining("PKIX path"));
    }

    @Test
    void by_a_bundle_the_application_s_data_source_connects_to_the_server_that_is_trusted() {
        recipe("ssl-bundle-application.yml", "spring.datasource", "server.crt").run(context -> {
            context.getBean(SnapshotStore.class).createSnapshot(order("order-3"));
            isEncrypted(context.getBean(DataSource.class));
        });
    }

    @Test
    void by_a_bundle_the_application_s_data_source_refuses_a_server_that_is_not_trusted() {
        recipe("ssl-bundle-application.yml", "spring.datasource", "other.crt")
                .run(context -> assertThat(context).getFailure().hasStackTraceContaining("PKIX path"));
    }

    private static void isEncrypted(DataSource dataSource) {
        assertThat(new JdbcTemplate(dataSource)
                        .queryForMap("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
                .containsAllEntriesOf(Map.of("ssl", true, "version", "TLSv1.3"));
    }

    /** As the recipe says it, but for where the server and the certificate are. */
    private ApplicationContextRunner recipe(String file, String prefix, String certificate) {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(new ClassPathResource("configuration/" + file));
        Properties recipe = Objects.requireNonNull(yaml.getObject());
        String database = recipe.getProperty(prefix + ".url").replaceAll("\\?.*", "");
        String[] settings = recipe.stringPropertyNames().stream()
                .map(name -> name + "="
                        + recipe.getProperty(name)
                                .replace(database, server.database().url())
                                .replace(
                                        "/etc/workflows/ca.crt",
                                        folder.resolve(certificate).toString()))
                .toArray(String[]::new);
        assertThat(String.join(" ", settings)).contains(server.database().url()).contains(certificate);
        return application
                .withPropertyValues(settings)
                .withPropertyValues(
                        prefix + ".username=" + server.database().username(),
                        prefix + ".password=" + server.database().password());
    }
}
