package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.DataSourceBuilder;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;

class DataSourceChoiceTest extends StarterTest {

    private Database other;

    @BeforeEach
    void createOther() {
        other = PostgresServer.of(17).newDatabase();
    }

    @AfterEach
    void dropOther() {
        other.close();
    }

    @Test
    void without_a_url_workflows_are_in_the_application_s_database() {
        onApplicationDatabase().run(context -> {
            assertThat(context).hasSingleBean(DataSource.class);
            assertThat(holdsWorkflows(context.getBean(DataSource.class))).isTrue();
        });
    }

    @Test
    void a_url_that_is_set_to_nothing_is_none() {
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.url=")
                .run(context ->
                        assertThat(context).hasSingleBean(DataSource.class).hasSingleBean(PostgresBackend.class));
    }

    @Test
    void with_a_url_workflows_have_a_pool_of_their_own_and_the_application_keeps_its_single_one() {
        onOwnDatabase().withPropertyValues(settings("spring.datasource", other)).run(context -> {
            HikariDataSource application = (HikariDataSource) context.getBean("dataSource");
            HikariDataSource own = (HikariDataSource) context.getBean("sayiirDataSource");
            assertThat(own.getPoolName()).isEqualTo("sayiir");
            assertThat(own.getJdbcUrl()).isEqualTo(database.url());
            assertThat(own.getUsername()).isEqualTo(database.username());
            assertThat(own.getPassword()).isEqualTo(database.password());
            assertThat(context.getBeanProvider(DataSource.class).getObject()).isSameAs(application);
            assertThat(context.getBean(JdbcTemplate.class).getDataSource()).isSameAs(application);
            assertThat(context.getBean(DataSourceTransactionManager.class).getDataSource())
                    .isSameAs(application);

            context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
            assertThat(holdsWorkflows(database.dataSource())).isTrue();
            assertThat(holdsWorkflows(other.dataSource())).isFalse();
        });
    }

    @Test
    void with_a_url_it_does_not_matter_how_the_application_gets_its_own() {
        onOwnDatabase()
                .withUserConfiguration(TwoDataSources.class)
                .withBean("otherDatabase", Database.class, () -> other)
                .run(context -> {
                    assertThat(context).hasSingleBean(PostgresBackend.class);
                    assertThat(context.getBeanProvider(DataSource.class).getObject())
                            .isSameAs(context.getBean("first"));
                    assertThat(holdsWorkflows(database.dataSource())).isTrue();
                    assertThat(holdsWorkflows(other.dataSource())).isFalse();
                });
    }

    @Test
    void with_a_url_and_nothing_else_the_application_starts_and_the_pool_is_its_data_source() {
        onOwnDatabase().run(context -> {
            assertThat(context).hasSingleBean(DataSource.class).hasSingleBean(PostgresBackend.class);
            assertThat(context.getBean(DataSource.class)).isSameAs(context.getBean("sayiirDataSource"));
            assertThat(context.getBean(JdbcTemplate.class).getDataSource())
                    .isSameAs(context.getBean("sayiirDataSource"));
        });
    }

    @Test
    void with_a_url_it_needs_no_jdbc_of_the_application() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SayiirDataSourceAutoConfiguration.class, SayiirPostgresAutoConfiguration.class))
                .withPropertyValues(settings("sayiir.postgres", database))
                .run(context -> assertThat(context).hasSingleBean(PostgresBackend.class));
    }

    @Test
    void of_two_data_sources_the_primary_one_is_used() {
        application
                .withUserConfiguration(TwoDataSources.class)
                .withBean("otherDatabase", Database.class, () -> database)
                .run(context -> {
                    assertThat(context).hasSingleBean(PostgresBackend.class);
                    assertThat(holdsWorkflows(context.getBean("first", DataSource.class)))
                            .isTrue();
                });
    }

    @Test
    void of_two_data_sources_the_marked_one_is_used() {
        application
                .withUserConfiguration(MarkedDataSource.class)
                .withBean("otherDatabase", Database.class, () -> database)
                .withPropertyValues(settings("spring.datasource", other))
                .run(context -> {
                    assertThat(context.getBeanProvider(DataSource.class).getObject())
                            .isSameAs(context.getBean("dataSource"));
                    assertThat(holdsWorkflows(database.dataSource())).isTrue();
                    assertThat(holdsWorkflows(other.dataSource())).isFalse();
                });
    }

    @Test
    void a_url_goes_before_a_marked_data_source() {
        onOwnDatabase()
                .withUserConfiguration(MarkedDataSource.class)
                .withBean("otherDatabase", Database.class, () -> other)
                .run(context -> {
                    assertThat(context).hasSingleBean(PostgresBackend.class);
                    assertThat(holdsWorkflows(database.dataSource())).isTrue();
                    assertThat(holdsWorkflows(other.dataSource())).isFalse();
                });
    }

    @Test
    void the_own_pool_backs_off_from_one_of_the_application_that_has_its_name() {
        onOwnDatabase()
                .withBean("sayiirDataSource", DataSource.class, other::dataSource)
                .run(context -> assertThat(context.getBean("sayiirDataSource")).isSameAs(other.dataSource()));
    }

    @Test
    void two_marked_data_sources_are_refused() {
        onApplicationDatabase()
                .withUserConfiguration(MarkedDataSource.class, AnotherMarkedDataSource.class)
                .withBean("otherDatabase", Database.class, () -> other)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("marked with @SayiirDataSource (workflows, workflowsToo)")
                        .hasMessageContaining("Leave the mark on the one"));
    }

    @Test
    void two_data_sources_of_which_none_is_primary_are_refused() {
        application
                .withBean("first", DataSource.class, database::dataSource)
                .withBean("second", DataSource.class, other::dataSource)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("@SayiirDataSource")
                        .hasMessageContaining("@Primary")
                        .hasMessageContaining("sayiir.postgres.url"));
    }

    @Test
    void no_data_source_at_all_is_refused_with_what_to_set() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SayiirDataSourceAutoConfiguration.class, SayiirPostgresAutoConfiguration.class))
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(DataSourceSetupException.class)
                        .hasMessageContaining("sayiir.postgres.url")
                        .hasMessageContaining("spring.datasource.url")
                        .hasMessageContaining("sayiir.postgres.enabled=false"));
    }

    @Test
    void the_own_pool_is_closed_with_the_context() {
        AtomicReference<HikariDataSource> pool = new AtomicReference<>();
        onOwnDatabase().run(context -> {
            pool.set(context.getBean(HikariDataSource.class));
            assertThat(pool.get().isClosed()).isFalse();
        });
        assertThat(pool.get().isClosed()).isTrue();
    }

    @Test
    void the_application_s_data_source_is_the_application_s_to_close() {
        application
                .withBean(
                        "first",
                        DataSource.class,
                        database::dataSource,
                        definition -> definition.setDestroyMethodName(""))
                .run(context -> assertThat(context).hasSingleBean(PostgresBackend.class));
        assertThat(((HikariDataSource) database.dataSource()).isClosed()).isFalse();
    }

    @Test
    void it_does_without_jpa() {
        onApplicationDatabase()
                .withClassLoader(new FilteredClassLoader("org.springframework.orm"))
                .run(context -> assertThat(context).hasSingleBean(PostgresBackend.class));
    }

    private static boolean holdsWorkflows(DataSource dataSource) {
        return hasTable(dataSource, "sayiir", "sayiir_workflows");
    }

    private static DataSource connect(Database to) {
        return DataSourceBuilder.create()
                .url(to.url())
                .username(to.username())
                .password(to.password())
                .build();
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoDataSources {

        @Bean
        @Primary
        DataSource first(Database otherDatabase) {
            return connect(otherDatabase);
        }

        /** Leads nowhere. */
        @Bean
        DataSource second() {
            return DataSourceBuilder.create()
                    .url("jdbc:postgresql://localhost:1/none")
                    .build();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class AnotherMarkedDataSource {

        @Bean(defaultCandidate = false)
        @SayiirDataSource
        DataSource workflowsToo(Database otherDatabase) {
            return connect(otherDatabase);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class MarkedDataSource {

        @Bean(defaultCandidate = false)
        @SayiirDataSource
        DataSource workflows(Database otherDatabase) {
            return connect(otherDatabase);
        }
    }
}
