package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.postgres.SchemaMigrator;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.OddSettings;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** What an application says that does not start: what happened, and what to set. */
@ExtendWith(OutputCaptureExtension.class)
class FailureMessagesTest extends StarterTest {

    /** Not read as long as nobody connects with it. */
    private static final String BUNDLE = "spring.ssl.bundle.pem.workflows.truststore.certificate=classpath:none.crt";

    @Test
    void another_database_than_postgresql(CapturedOutput output) throws Exception {
        URL h2 = Path.of("target/other-database/h2.jar").toUri().toURL();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {h2}, getClass().getClassLoader())) {
            DataSource other = (DataSource) loader.loadClass("org.h2.jdbcx.JdbcDataSource")
                    .getConstructor()
                    .newInstance();
            other.getClass().getMethod("setURL", String.class).invoke(other, "jdbc:h2:mem:other");
            doesNotStart(context -> context.registerBean("other", DataSource.class, () -> other));
        }
        says(output, "leads to H2", "Set sayiir.postgres.url", "@SayiirDataSource", "sayiir.postgres.enabled=false");
    }

    @Test
    void a_server_that_is_too_old(CapturedOutput output) {
        try (Database old = PostgresServer.of(12).newDatabase()) {
            doesNotStart(settings("sayiir.postgres", old));
        }
        says(output, "PostgreSQL 12 is not supported", "Upgrade the server", "13 or later");
    }

    @Test
    void a_server_that_is_read_only(CapturedOutput output) {
        admin().execute("DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database()"
                + " || ' SET default_transaction_read_only = on'; END $$");
        doesNotStart(settings("sayiir.postgres", database));
        says(output, "read-only", "lead to the primary", "sayiir.postgres.migration.mode=validate");
    }

    @Test
    void R24_a_database_of_another_encoding(CapturedOutput output) {
        try (Database latin = PostgresServer.of(17).newDatabase("LATIN1")) {
            doesNotStart(settings("sayiir.postgres", latin));
        }
        says(output, "encoding of this database is LATIN1", "ENCODING 'UTF8'", "set sayiir.postgres.url");
    }

    @Test
    void R24_a_setting_that_cannot_work(CapturedOutput output) {
        OddSettings.set(database, "session_replication_role = replica");
        doesNotStart(settings("spring.datasource", database));
        says(output, "no trigger fires", "RESET session_replication_role", "Take the setting back");
    }

    /** The role that migrates has not got it. */
    @Test
    void R24_a_setting_of_the_role_of_the_stores_that_cannot_work(CapturedOutput output) {
        admin().execute("DROP ROLE IF EXISTS flow_strict");
        admin().execute("CREATE ROLE flow_strict LOGIN PASSWORD 'strict'");
        admin().execute("ALTER ROLE flow_strict SET default_transaction_isolation = serializable");
        doesNotStart(
                "sayiir.postgres.url=" + database.url(),
                "sayiir.postgres.username=flow_strict",
                "sayiir.postgres.password=strict",
                "sayiir.postgres.migration.username=" + database.username(),
                "sayiir.postgres.migration.password=" + database.password());
        says(output, "default_transaction_isolation is serializable", "RESET default_transaction_isolation");
    }

    @Test
    void a_schema_that_is_not_there(CapturedOutput output) {
        doesNotStart(with(settings("spring.datasource", database), "sayiir.postgres.migration.mode=validate"));
        says(
                output,
                "missing: table sayiir_workflows",
                "missing: index sayiir_task_claims_by_readiness",
                "missing: trigger sayiir_workflows.sayiir_log_status",
                "Set sayiir.postgres.migration.mode=migrate",
                "SchemaMigrator.sql",
                "sayiir.postgres.schema");
    }

    @Test
    void a_role_that_may_not_migrate(CapturedOutput output) {
        admin().execute("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'flow_reader') THEN"
                + " CREATE ROLE flow_reader LOGIN PASSWORD 'reader'; END IF; END $$");
        doesNotStart(
                "sayiir.postgres.url=" + database.url(),
                "sayiir.postgres.username=flow_reader",
                "sayiir.postgres.password=reader");
        says(
                output,
                "Schema 'sayiir' could not be migrated",
                "permission denied",
                "sayiir.postgres.migration.username",
                "sayiir.postgres.migration.password",
                "sayiir.postgres.migration.role",
                "sayiir.postgres.migration.mode=validate");
    }

    @Test
    void a_role_that_may_not_create_tables(CapturedOutput output) {
        admin().execute("CREATE SCHEMA sayiir");
        a_role_that_may_not_migrate(output);
    }

    @Test
    void a_schema_made_by_hand(CapturedOutput output) {
        admin().execute(SchemaMigrator.sql("sayiir"));
        doesNotStart(settings("spring.datasource", database));
        says(output, "made by hand", "sayiir.postgres.migration.mode=validate");
    }

    @Test
    void two_candidates_without_a_mark(CapturedOutput output) {
        doesNotStart(context -> {
            context.registerBean("first", DataSource.class, database::dataSource);
            context.registerBean("second", DataSource.class, database::dataSource);
        });
        says(output, "several DataSources (first, second)", "@SayiirDataSource", "@Primary", "sayiir.postgres.url");
    }

    @Test
    void two_transaction_managers_with_a_mark(CapturedOutput output) {
        doesNotStart(
                context -> context.registerBean(TransactionsTest.TwoMarked.class),
                settings("spring.datasource", database));
        says(
                output,
                "Several transaction managers are marked",
                "Leave the mark on the one that manages the DataSource");
    }

    @Test
    void a_url_to_listen_through_without_a_user(CapturedOutput output) {
        doesNotStart(with(settings("spring.datasource", database), "sayiir.postgres.notify.url=" + database.url()));
        says(output, "no user to connect as", "Set sayiir.postgres.notify.username");
    }

    @Test
    void a_url_to_listen_through_that_is_none(CapturedOutput output) {
        doesNotStart(with(settings("sayiir.postgres", database), "sayiir.postgres.notify.url=jdbc:mysql://here/db"));
        says(output, "The value of sayiir.postgres.notify.url cannot be used", "jdbc:postgresql://host:port/database");
    }

    @Test
    void an_ssl_bundle_that_there_is_not(CapturedOutput output) {
        doesNotStart(with(
                settings("sayiir.postgres", database),
                "sayiir.postgres.ssl.bundle=workflow",
                BUNDLE,
                "spring.ssl.bundle.pem.shop.truststore.certificate=classpath:none.crt"));
        says(
                output,
                "Invalid value 'workflow' for configuration property 'sayiir.postgres.ssl.bundle'",
                "There is no SSL bundle of that name; there are: shop, workflows.",
                "Define it under spring.ssl.bundle");
    }

    @Test
    void an_ssl_bundle_where_there_is_none_at_all(CapturedOutput output) {
        doesNotStart(with(settings("sayiir.postgres", database), "sayiir.postgres.ssl.bundle=workflows"));
        says(output, "There is no SSL bundle of that name; there are: none.", "Define it under spring.ssl.bundle");
    }

    @Test
    void an_ssl_bundle_without_a_url(CapturedOutput output) {
        doesNotStart(with(settings("spring.datasource", database), "sayiir.postgres.ssl.bundle=workflows"));
        says(
                output,
                "sayiir.postgres.ssl.bundle is set and sayiir.postgres.url is not",
                "Leave sayiir.postgres.ssl.bundle out",
                "spring.datasource.hikari.data-source-properties.sslfactory=" + SslBundleSocketFactory.class.getName(),
                "sslfactoryarg=workflows",
                "sslmode=verify-full");
    }

    @Test
    void an_ssl_bundle_beside_another_socket_factory_in_the_url(CapturedOutput output) {
        doesNotStart(
                "sayiir.postgres.url=" + database.url() + "?sslmode=require&sslfactory=a.Factory",
                "sayiir.postgres.ssl.bundle=workflows",
                BUNDLE);
        says(output, "sayiir.postgres.ssl.bundle is set, and so is the driver's sslfactory", "Leave one of them out");
    }

    @Test
    void an_ssl_bundle_beside_another_socket_factory_of_the_pool(CapturedOutput output) {
        doesNotStart(with(
                settings("sayiir.postgres", database),
                "sayiir.postgres.hikari.data-source-properties.sslfactory=a.Factory",
                "sayiir.postgres.ssl.bundle=workflows",
                BUNDLE));
        says(output, "sayiir.postgres.ssl.bundle is set, and so is the driver's sslfactory", "Leave one of them out");
    }

    @Test
    void a_data_source_that_does_not_tell_how_to_migrate_as_another_role(CapturedOutput output) {
        doesNotStart(
                context -> context.registerBean(
                        DataSource.class, () -> new MigrationRoleTest.Opaque(database.dataSource())),
                "sayiir.postgres.migration.username=flow_owner");
        says(output, "of an unknown type", "Set sayiir.postgres.migration.url as well");
    }

    @Test
    void a_role_that_may_not_be_taken_on_to_migrate(CapturedOutput output) {
        doesNotStart(with(settings("spring.datasource", database), "sayiir.postgres.migration.role=no_such_role"));
        says(
                output,
                "The role that sayiir.postgres.migration.role names could not be taken on",
                "no_such_role",
                "Grant it to the role that migrates");
    }

    @Test
    void a_setting_of_the_worker_that_cannot_be(CapturedOutput output) {
        doesNotStart(
                context -> {
                    context.registerBean(Workflow.class, () -> new Workflow("fulfilment-v1", "reserve"));
                    context.registerBean(
                            TaskHandler.class,
                            () -> TaskHandler.of("reserve", String.class, (in, task) -> TaskOutcome.complete(in)));
                },
                with(settings("spring.datasource", database), "sayiir.postgres.worker.concurrency=0"));
        says(
                output,
                "Invalid value '0' for configuration property 'sayiir.postgres.worker.concurrency'",
                "must be at least 1");
    }

    private void says(CapturedOutput output, String... texts) {
        assertThat(output)
                .contains("APPLICATION FAILED TO START")
                .contains(texts)
                .doesNotContain(database.url());
    }

    private static void doesNotStart(String... settings) {
        doesNotStart(context -> {}, settings);
    }

    private static void doesNotStart(
            ApplicationContextInitializer<GenericApplicationContext> beans, String... settings) {
        var application = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .initializers(beans);
        assertThatThrownBy(() -> application.run(
                Arrays.stream(settings).map(setting -> "--" + setting).toArray(String[]::new)));
    }

    private static String[] with(String[] settings, String... more) {
        return Stream.concat(Arrays.stream(settings), Arrays.stream(more)).toArray(String[]::new);
    }

    private JdbcTemplate admin() {
        return new JdbcTemplate(database.dataSource());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(
            exclude = {
                FlywayAutoConfiguration.class,
                LiquibaseAutoConfiguration.class,
                HibernateJpaAutoConfiguration.class,
                DataJpaRepositoriesAutoConfiguration.class
            })
    static class Application {}
}
