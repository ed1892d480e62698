package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
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

/** The recipe for SSL, on a server that has a certificate of its own. No other test of this module uses that server. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the server's shell writes its key")
class SslTest extends StarterTest {

    private static final String PASSWORD = "changeit";

    @TempDir
    private static Path folder;

    private static Database encrypted;

    private final Properties recipe = yaml("configuration/ssl.yml");

    @BeforeAll
    static void give_the_server_a_certificate() throws Exception {
        encrypted = PostgresServer.durable(17).newDatabase();
        String host = URI.create(encrypted.url().substring("jdbc:".length())).getHost();
        KeyStore keys = newCertificate("server", host);
        writeByServer(
                "server.key",
                "PRIVATE KEY",
                keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
        writeByServer("server.crt", "CERTIFICATE", keys.getCertificate("server").getEncoded());
        ssl("on");
    }

    @AfterAll
    static void turn_it_off() {
        ssl("off");
        encrypted.close();
    }

    private static void ssl(String onOff) {
        admin().execute("ALTER SYSTEM SET ssl = " + onOff);
        admin().execute("SELECT pg_reload_conf()");
        await().until(() -> admin().queryForObject("SHOW ssl", String.class), setting -> setting.equals(onOff));
    }

    private static JdbcTemplate admin() {
        return new JdbcTemplate(encrypted.dataSource());
    }

    /** Its certificate is left in the folder, for those who are to trust it. */
    private static KeyStore newCertificate(String name, String host) throws Exception {
        Path store = folder.resolve(name + ".p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "RSA",
                        "-dname",
                        "CN=" + host,
                        "-ext",
                        "san=dns:" + host,
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        assertThat(keytool.waitFor()).as(() -> "keytool, see " + folder).isZero();
        KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        Files.writeString(
                folder.resolve(name + ".crt"),
                pem("CERTIFICATE", keys.getCertificate(name).getEncoded()));
        return keys;
    }

    private static String pem(String kind, byte[] content) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
                + "\n-----END " + kind + "-----\n";
    }

    /** Into its data directory, wherever that is, and readable by nobody else: otherwise it would not take the key. */
    private static void writeByServer(String file, String kind, byte[] content) {
        String lines = String.join("'), ('", pem(kind, content).split("\n"));
        admin().execute("COPY (VALUES ('" + lines + "')) TO PROGRAM 'umask 077; cat > " + file + "'");
    }

    @Test
    void the_pool_the_migration_and_the_stores_connect_to_the_server_that_is_trusted() {
        trusting("server.crt").run(context -> {
            context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
            assertThat(new JdbcTemplate(context.getBean(DataSource.class))
                            .queryForMap("SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))
                    .containsAllEntriesOf(Map.of("ssl", true, "version", "TLSv1.3"));
        });
    }

    @Test
    void a_server_that_is_not_trusted_is_refused() throws Exception {
        newCertificate("other", "localhost");
        trusting("other.crt").run(context -> assertThat(context).getFailure().hasStackTraceContaining("PKIX path"));
    }

    private static Properties yaml(String file) {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(new ClassPathResource(file));
        return Objects.requireNonNull(yaml.getObject());
    }

    /** As the recipe says it, but for where the server and the file are. */
    private ApplicationContextRunner trusting(String certificate) {
        String url = recipe.getProperty("sayiir.postgres.url")
                .replace("jdbc:postgresql://database:5432/workflows", encrypted.url())
                .replace("/etc/workflows/ca.crt", folder.resolve(certificate).toString());
        assertThat(url).startsWith(encrypted.url()).endsWith(certificate);
        return application.withPropertyValues(
                "sayiir.postgres.url=" + url,
                "sayiir.postgres.username=" + encrypted.username(),
                "sayiir.postgres.password=" + encrypted.password());
    }
}
