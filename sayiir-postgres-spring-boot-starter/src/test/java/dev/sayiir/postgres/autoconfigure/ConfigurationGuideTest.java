package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.TaskOutcome;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.ConfigDataApplicationContextInitializer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Every recipe of docs/configuration.md does what it says, and is what is run here. */
class ConfigurationGuideTest extends StarterTest {

    private static final Path RECIPES = Path.of("src/test/resources/configuration");

    private final String guide = Docs.read("docs/configuration.md");

    @Test
    void its_yaml_and_sql_are_what_is_run_here() {
        assertThat(Docs.blocks(guide, "yaml"))
                .containsExactlyInAnyOrder(
                        recipe("own-database.yml"),
                        recipe("migration-role.yml"),
                        recipe("pgbouncer.yml"),
                        recipe("ssl.yml"),
                        recipe("ssl-bundle.yml"),
                        recipe("ssl-bundle-application.yml"),
                        recipe("compose.yaml"));
        assertThat(Docs.blocks(guide, "sql")).containsExactly(recipe("migration-role.sql"));
    }

    @Test
    void workflows_are_in_a_database_of_their_own() {
        try (Database workflows = PostgresServer.of(17).newDatabase()) {
            with("own-database.yml", "WORKFLOWS_PASSWORD=" + workflows.password())
                    .withPropertyValues(settings("spring.datasource", database))
                    .withPropertyValues(
                            "sayiir.postgres.url=" + workflows.url(),
                            "sayiir.postgres.username=" + workflows.username())
                    .run(context -> {
                        assertThat(((HikariDataSource) context.getBean("sayiirDataSource")).getMaximumPoolSize())
                                .isEqualTo(5);
                        savesIn(workflows, context.getBean(SnapshotStore.class));
                    });
        }
    }

    @Test
    void one_of_several_data_sources_is_marked() {
        onApplicationDatabase()
                .withBean("workflows", Database.class, () -> database)
                .withUserConfiguration(Marked.class)
                .run(context -> savesIn(database, context.getBean(SnapshotStore.class)));
    }

    @Test
    void failures_are_handled_as_the_application_and_a_method_say() {
        new ApplicationContextRunner().withUserConfiguration(Failing.class).run(context -> {
            FailurePolicy forAll = context.getBean(FailurePolicy.class);
            assertThat(WorkflowTaskMethods.in(context.getBeanFactory(), forAll))
                    .singleElement()
                    .satisfies(handler -> assertThat(handler.failurePolicy())
                            .contains(FailurePolicy.DEFAULT
                                    .noRetryFor(Set.of(CardDeclined.class))
                                    .orElse("ask-for-card")));
            assertThat(forAll.isRetried(new IllegalArgumentException())).isFalse();
            assertThat(forAll.isRetried(new CardDeclined())).isTrue();
        });
    }

    record Order(String card) {}

    static final class CardDeclined extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    interface Payments {
        String charge(Order order);
    }

    @Configuration(proxyBeanMethods = false)
    static class Failing {

        private final Payments payments = Order::card;

        // region policy-of-all
        @Bean
        FailurePolicy failures() {
            return FailurePolicy.DEFAULT.noRetryFor(Set.of(IllegalArgumentException.class));
        }
        // endregion

        // region policy-of-one
        @WorkflowTask(value = "charge", maxRetries = 5, noRetryFor = CardDeclined.class, orElse = "ask-for-card")
        TaskOutcome charge(Order order) {
            return TaskOutcome.next("ship", payments.charge(order));
        }
        // endregion
    }

    @Test
    void the_schema_is_migrated_as_its_owner() {
        JdbcTemplate admin = new JdbcTemplate(database.dataSource());
        admin.execute("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop') THEN"
                + " CREATE ROLE shop LOGIN PASSWORD 'shop'; END IF; END $$");
        admin.execute(recipe("migration-role.sql"));
        try {
            with("migration-role.yml", "WORKFLOW_OWNER_PASSWORD=change-me")
                    .withPropertyValues(
                            "spring.datasource.url=" + database.url(),
                            "spring.datasource.username=shop",
                            "spring.datasource.password=shop")
                    .run(context -> savesIn(database, context.getBean(SnapshotStore.class)));
            assertThat(admin.queryForList("SELECT tableowner FROM pg_tables WHERE schemaname = 'sayiir'", String.class))
                    .containsOnly("workflow_owner");
        } finally {
            admin.execute("DROP OWNED BY workflow_owner CASCADE; DROP ROLE workflow_owner");
        }
    }

    @Test
    void the_migration_goes_past_a_pooler() {
        with("pgbouncer.yml", "SHOP_PASSWORD=" + database.password())
                .withPropertyValues(
                        "sayiir.postgres.url=" + database.url() + "?prepareThreshold=0",
                        "sayiir.postgres.username=" + database.username(),
                        "sayiir.postgres.migration.url=" + database.url())
                .run(context -> savesIn(database, context.getBean(SnapshotStore.class)));
    }

    @Test
    void the_backend_is_customized() {
        onApplicationDatabase()
                .withUserConfiguration(Customized.class)
                .run(context -> assertThat(context).hasSingleBean(PostgresBackend.class));
    }

    /** Here the containers are not started: {@link ConnectionDetailsTest} connects to what they stand for. */
    @Test
    void the_containers_are_told_apart() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(ServiceConnectionAutoConfiguration.class))
                .withUserConfiguration(Containers.class)
                .withPropertyValues("spring.main.lazy-initialization=true")
                .run(context -> {
                    assertThat(context.getBeanFactory().findAnnotationOnBean("workflows", ServiceConnection.class))
                            .satisfies(mark -> assertThat(mark.name()).isEqualTo("sayiir"))
                            .satisfies(mark -> assertThat(mark.type()).containsExactly(SayiirConnectionDetails.class));
                });
    }

    private ApplicationContextRunner with(String recipe, String secret) {
        return application
                .withInitializer(new ConfigDataApplicationContextInitializer())
                .withSystemProperties("spring.config.location=classpath:configuration/" + recipe)
                .withPropertyValues(secret);
    }

    private static void savesIn(Database database, SnapshotStore store) {
        store.createSnapshot(order("order-1"));
        assertThat(hasTable(database.dataSource(), "sayiir", "sayiir_workflows"))
                .isTrue();
    }

    private static String recipe(String name) {
        return Docs.read(RECIPES.resolve(name)).stripTrailing();
    }

    @Configuration(proxyBeanMethods = false)
    static class Marked {

        private final String url;
        private final String user;
        private final String password;

        Marked(Database workflows) {
            this.url = workflows.url();
            this.user = workflows.username();
            this.password = workflows.password();
        }

        // region marked
        @Bean(defaultCandidate = false)
        @SayiirDataSource
        HikariDataSource workflowsDataSource() {
            HikariDataSource pool = new HikariDataSource();
            pool.setJdbcUrl(url);
            pool.setUsername(user);
            pool.setPassword(password);
            return pool;
        }
        // endregion
    }

    @Configuration(proxyBeanMethods = false)
    static class Customized {

        // region customizer
        @Bean
        SayiirPostgresCustomizer patience() {
            return backend -> backend.statementTimeout(Duration.ofMinutes(1));
        }
        // endregion
    }

    @Configuration(proxyBeanMethods = false)
    static class Containers {

        // region containers
        @Bean
        @ServiceConnection
        PostgreSQLContainer shop() {
            return new PostgreSQLContainer("postgres:17");
        }

        @Bean
        @ServiceConnection(name = "sayiir", type = SayiirConnectionDetails.class)
        PostgreSQLContainer workflows() {
            return new PostgreSQLContainer("postgres:17");
        }
        // endregion
    }
}
