package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.WakeUps;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.ssl.SslBundleRegistrar;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundleRegistry;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.mock.env.MockEnvironment;

/** Connections with SSL bundles, to a server that has a certificate and knows that of one client. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the server's shell writes its key")
class SslBundleTest extends StarterTest {

    private static final String CLASS_NAME = "dev.sayiir.postgres.autoconfigure.SslBundleSocketFactory";

    @TempDir
    private static Path folder;

    private static EncryptedServer server;

    @BeforeAll
    static void give_the_server_a_certificate() throws Exception {
        server = new EncryptedServer(folder);
        server.newCertificate("shop", "shop");
        server.newCertificate("other", "localhost");
        server.trust("shop.crt");
    }

    @AfterAll
    static void turn_it_off() {
        server.close();
    }

    @Test
    void the_own_pool_connects_with_a_bundle() {
        own(pem("workflows", "server"), "sayiir.postgres.ssl.bundle=workflows").run(context -> {
            context.getBean(SnapshotStore.class).createSnapshot(order("own"));
            assertThat(session(context)).containsEntry("ssl", true).containsEntry("client_dn", null);
        });
    }

    @Test
    void a_bundle_of_java_key_stores_does_as_well() {
        own(
                        "sayiir.postgres.ssl.bundle=workflows",
                        "spring.ssl.bundle.jks.workflows.truststore.type=PKCS12",
                        "spring.ssl.bundle.jks.workflows.truststore.location=" + file("server-trust.p12"),
                        "spring.ssl.bundle.jks.workflows.truststore.password=" + EncryptedServer.PASSWORD,
                        "spring.ssl.bundle.jks.workflows.keystore.type=PKCS12",
                        "spring.ssl.bundle.jks.workflows.keystore.location=" + file("shop.p12"),
                        "spring.ssl.bundle.jks.workflows.keystore.password=" + EncryptedServer.PASSWORD)
                .run(context -> assertThat(session(context)).containsEntry("client_dn", "/CN=shop"));
    }

    @Test
    void the_key_and_the_options_of_a_bundle_are_used() {
        own(
                        pem("workflows", "server"),
                        "sayiir.postgres.ssl.bundle=workflows",
                        "spring.ssl.bundle.pem.workflows.keystore.certificate=" + file("shop.crt"),
                        "spring.ssl.bundle.pem.workflows.keystore.private-key=" + file("shop.key"),
                        "spring.ssl.bundle.pem.workflows.options.enabled-protocols=TLSv1.2",
                        "spring.ssl.bundle.pem.workflows.options.ciphers=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384")
                .run(context -> assertThat(session(context))
                        .containsEntry("client_dn", "/CN=shop")
                        .containsEntry("version", "TLSv1.2")
                        .containsEntry("cipher", "ECDHE-RSA-AES256-GCM-SHA384"));
    }

    @Test
    void a_server_that_the_bundle_does_not_trust_is_refused() {
        own(pem("workflows", "other"), "sayiir.postgres.ssl.bundle=workflows")
                .run(context -> assertThat(context).getFailure().hasStackTraceContaining("PKIX path"));
    }

    @Test
    void the_certificate_has_to_be_for_the_host_unless_the_url_says_otherwise() throws Exception {
        String byAddress = server.database().url().replace("localhost", "127.0.0.1");
        own(pem("workflows", "server"), "sayiir.postgres.ssl.bundle=workflows", "sayiir.postgres.url=" + byAddress)
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("hostname 127.0.0.1 could not be verified"));
        own(
                        pem("workflows", "server"),
                        "sayiir.postgres.ssl.bundle=workflows",
                        "sayiir.postgres.url=" + byAddress + "?sslmode=verify-ca")
                .run(context -> assertThat(session(context)).containsEntry("ssl", true));
    }

    @Test
    void a_server_that_does_not_encrypt_is_refused() {
        onOwnDatabase()
                .withPropertyValues(pem("workflows", "server"))
                .withPropertyValues("sayiir.postgres.ssl.bundle=workflows")
                .run(context ->
                        assertThat(context).getFailure().hasStackTraceContaining("The server does not support SSL"));
    }

    @Test
    void without_the_property_bundles_are_left_alone() {
        onOwnDatabase()
                .withPropertyValues(pem("workflows", "other"))
                .withPropertyValues("sayiir.postgres.ssl.bundle=")
                .run(context -> assertThat(
                                ((HikariDataSource) context.getBean(DataSource.class)).getDataSourceProperties())
                        .isEmpty());
    }

    @Test
    void the_migration_and_the_listener_use_the_bundle_with_urls_of_their_own() {
        assertThat(besideThePool(own(pem("workflows", "server"), "sayiir.postgres.ssl.bundle=workflows"), "workflows"))
                .containsExactly("/CN=shop", "/CN=shop");
    }

    @Test
    void the_migration_and_the_listener_connect_as_the_application_s_pool_does() {
        assertThat(besideThePool(applications(pem("shop", "server"), "shop"), "shop"))
                .containsExactly("/CN=shop", "/CN=shop");
    }

    /** Whose certificates they show, the migration's and the listener's. */
    private static List<String> besideThePool(ApplicationContextRunner application, String bundle) {
        List<String> shown = new ArrayList<>();
        JdbcTemplate admin = new JdbcTemplate(server.database().dataSource());
        admin.execute("DROP SCHEMA IF EXISTS sayiir CASCADE");
        // Tells of the connection that makes a table.
        admin.execute("CREATE TABLE migrated (client_dn text)");
        admin.execute("""
                CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO public.migrated SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid();
                END $$""");
        admin.execute(
                "CREATE EVENT TRIGGER note ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION note()");
        String listener = "SELECT client_dn FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)"
                + " WHERE application_name = 'listener'";
        try {
            application
                    .withPropertyValues(settings("sayiir.postgres.notify", server.database()))
                    .withPropertyValues(settings("sayiir.postgres.migration", server.database()))
                    .withPropertyValues(
                            "spring.ssl.bundle.pem." + bundle + ".keystore.certificate=" + file("shop.crt"),
                            "spring.ssl.bundle.pem." + bundle + ".keystore.private-key=" + file("shop.key"),
                            "sayiir.postgres.notify.mode=listen",
                            "sayiir.postgres.notify.url=" + server.database().url() + "?ApplicationName=listener")
                    .run(context -> {
                        shown.addAll(admin.queryForList("SELECT DISTINCT client_dn FROM migrated", String.class));
                        context.getBean(WakeUps.class).onWakeUp(source -> {});
                        await().until(() -> !admin.queryForList(listener).isEmpty());
                        shown.addAll(admin.queryForList(listener, String.class));
                    });
        } finally {
            admin.execute("DROP EVENT TRIGGER note; DROP FUNCTION note(); DROP TABLE migrated");
        }
        return shown;
    }

    @Test
    void a_migration_as_another_role_connects_as_the_pool_does_otherwise() {
        applications(pem("shop", "server"), "shop")
                .withPropertyValues(
                        "sayiir.postgres.migration.username="
                                + server.database().username(),
                        "sayiir.postgres.migration.password="
                                + server.database().password())
                .run(context -> assertThat(context).hasSingleBean(SnapshotStore.class));
        applications(pem("shop", "other"), "shop")
                .withPropertyValues(
                        "sayiir.postgres.migration.username="
                                + server.database().username(),
                        "sayiir.postgres.migration.password="
                                + server.database().password())
                .run(context -> assertThat(context).getFailure().hasStackTraceContaining("PKIX path"));
    }

    @Test
    void the_application_s_data_source_connects_with_the_bundle_that_the_driver_is_told() {
        applications(pem("shop", "server"), "shop").run(context -> {
            context.getBean(SnapshotStore.class).createSnapshot(order("application"));
            assertThat(session(context)).containsEntry("ssl", true);
        });
        applications(pem("shop", "other"), "shop")
                .run(context -> assertThat(context).getFailure().hasStackTraceContaining("PKIX path"));
    }

    @Test
    void a_pool_that_connects_as_soon_as_it_is_made_finds_the_bundle() {
        application
                .withPropertyValues(pem("shop", "server"))
                .withUserConfiguration(EagerPool.class)
                .run(context -> assertThat(session(context)).containsEntry("ssl", true));
    }

    @Test
    void bundles_that_come_from_the_database_do_not_keep_the_application_from_starting() {
        onApplicationDatabase()
                .withUserConfiguration(BundlesOfTheDatabase.class)
                .run(context -> assertThat(context.getBean(SslBundles.class).getBundleNames())
                        .containsExactly(database.name()));
    }

    @Test
    void it_is_found_without_the_stores() {
        applications(pem("shop", "server"), "shop")
                .withPropertyValues("sayiir.postgres.enabled=false")
                .run(context -> assertThat(session(context)).containsEntry("ssl", true));
    }

    @Test
    void a_bundle_that_the_driver_is_told_and_that_there_is_not_is_named() {
        applications(pem("shop", "server"), "shops").run(context -> {
            FailureAnalysis analysis =
                    new DataSourceSetupFailureAnalyzer(new MockEnvironment()).analyze(context.getStartupFailure());
            assertThat(analysis.getDescription())
                    .contains("the SSL bundle 'shops', as sslfactoryarg says", "there are: shop.");
            assertThat(analysis.getAction()).contains("spring.ssl.bundle", "sslfactoryarg");
        });
        applications(pem("shop", "server"), "")
                .run(context -> assertThat(context).getFailure().hasStackTraceContaining("there are: shop."));
    }

    @Test
    void a_new_connection_uses_the_bundle_as_it_is_now() {
        own(pem("workflows", "server"), "sayiir.postgres.ssl.bundle=workflows")
                .withPropertyValues(pem("later", "other"))
                .run(context -> {
                    HikariDataSource pool = context.getBean(HikariDataSource.class);
                    SslBundles bundles = context.getBean(SslBundles.class);
                    SslBundle before = bundles.getBundle("workflows");
                    SslBundleRegistry registry = context.getBean(SslBundleRegistry.class);

                    registry.updateBundle("workflows", bundles.getBundle("later"));
                    assertThatThrownBy(() -> connect(pool)).hasStackTraceContaining("PKIX path");

                    registry.updateBundle("workflows", before);
                    assertThat(connect(pool)).isTrue();
                });
    }

    @Test
    void contexts_whose_bundles_have_the_same_name_do_not_mix_them_up() {
        own(pem("workflows", "server"), "sayiir.postgres.ssl.bundle=workflows").run(first -> {
            HikariDataSource pool = first.getBean(HikariDataSource.class);
            another(pem("workflows", "other")).run(second -> {
                assertThat(second).hasNotFailed();
                assertThat(connect(pool)).isTrue();
            });
        });
    }

    @Test
    void of_contexts_whose_bundles_have_the_same_name_the_driver_takes_that_of_the_last_one_while_it_runs() {
        applications(pem("shop", "server"), "shop").run(first -> {
            HikariDataSource pool = first.getBean(HikariDataSource.class);
            another(pem("shop", "other")).run(second -> {
                assertThat(second).hasNotFailed();
                assertThatThrownBy(() -> connect(pool)).hasStackTraceContaining("PKIX path");
            });
            assertThat(connect(pool)).isTrue();
        });
    }

    /** An application that has a bundle, and does not connect. */
    private ApplicationContextRunner another(String bundle) {
        return applications(bundle, "none").withPropertyValues("sayiir.postgres.enabled=false");
    }

    @Test
    void beans_can_connect_until_the_context_is_closed_and_nobody_can_after_it() {
        List<Boolean> encrypted = new ArrayList<>();
        List<HikariDataSource> pools = new ArrayList<>();
        applications(pem("shop", "server"), "shop")
                .withBean("last", Last.class, () -> new Last(pools, encrypted))
                .run(context -> pools.add(context.getBean(HikariDataSource.class)));
        assertThat(encrypted).containsExactly(true);
        assertThatThrownBy(() -> connect(pools.get(0))).hasStackTraceContaining("there are: none.");
    }

    @Test
    void the_socket_factory_offers_what_the_bundle_allows() {
        own(
                        pem("workflows", "server"),
                        "sayiir.postgres.ssl.bundle=workflows",
                        "spring.ssl.bundle.pem.workflows.options.ciphers=TLS_AES_256_GCM_SHA384")
                .run(context -> {
                    SslBundleSocketFactory sockets = new SslBundleSocketFactory("workflows");
                    assertThat(sockets.getDefaultCipherSuites()).containsExactly("TLS_AES_256_GCM_SHA384");
                    assertThat(sockets.getSupportedCipherSuites()).contains("TLS_AES_128_GCM_SHA256");
                });
    }

    /** Beside the pool: of it only how it connects. */
    private static boolean connect(HikariDataSource pool) throws SQLException {
        Properties settings = PoolDriverProperties.of(pool);
        settings.setProperty("user", pool.getUsername());
        settings.setProperty("password", pool.getPassword());
        try (Connection connection = DriverManager.getConnection(pool.getJdbcUrl(), settings);
                ResultSet ssl = connection
                        .createStatement()
                        .executeQuery("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
            return ssl.next() && ssl.getBoolean(1);
        }
    }

    private static Map<String, @Nullable Object> session(ApplicationContext context) {
        return new JdbcTemplate(context.getBean(DataSource.class))
                .queryForMap("SELECT ssl, version, cipher, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    }

    private ApplicationContextRunner own(String... settings) {
        return application
                .withPropertyValues(settings("sayiir.postgres", server.database()))
                .withPropertyValues(settings);
    }

    private ApplicationContextRunner applications(String bundle, String argument) {
        return application
                .withPropertyValues(settings("spring.datasource", server.database()))
                .withPropertyValues(
                        bundle,
                        "spring.datasource.hikari.data-source-properties.sslmode=verify-full",
                        "spring.datasource.hikari.data-source-properties.sslfactory=" + CLASS_NAME,
                        "spring.datasource.hikari.data-source-properties.sslfactoryarg=" + argument);
    }

    private static String pem(String name, String trusted) {
        return "spring.ssl.bundle.pem." + name + ".truststore.certificate=" + file(trusted + ".crt");
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    @Configuration(proxyBeanMethods = false)
    static class EagerPool {

        @Bean
        HikariDataSource eager() {
            HikariConfig config = server.database()
                    .poolConfig(server.database().url() + "?sslmode=verify-full&sslfactory=" + CLASS_NAME
                            + "&sslfactoryarg=shop");
            return new HikariDataSource(config);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class BundlesOfTheDatabase {

        @Bean
        SslBundleRegistrar registrar(JdbcTemplate jdbc) {
            return registry -> registry.registerBundle(
                    jdbc.queryForObject("SELECT current_database()", String.class), SslBundle.systemDefault());
        }
    }

    /** Connects when it is destroyed, by which time the pool is closed. */
    record Last(List<HikariDataSource> pools, List<Boolean> encrypted) implements DisposableBean {

        @Override
        public void destroy() throws SQLException {
            encrypted.add(connect(pools.get(0)));
        }
    }
}
