package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.lang.reflect.Constructor;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetailsFactories;
import org.springframework.boot.docker.compose.core.ConnectionPorts;
import org.springframework.boot.docker.compose.core.ImageReference;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.boot.testcontainers.service.connection.ServiceConnectionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.mock.env.MockEnvironment;

/** Where to connect can come from elsewhere than properties: from a bean, from Testcontainers, from Docker Compose. */
class ConnectionDetailsTest extends StarterTest {

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
    void a_bean_makes_the_own_pool_and_takes_precedence_over_the_url() {
        onApplicationDatabase()
                .withPropertyValues(
                        "sayiir.postgres.url=jdbc:postgresql://localhost:1/none",
                        "sayiir.postgres.hikari.maximum-pool-size=3")
                .withBean(SayiirConnectionDetails.class, () -> details(other))
                .run(context -> {
                    assertThat(context).hasSingleBean(SayiirConnectionDetails.class);
                    assertThat(((HikariDataSource) context.getBean("sayiirDataSource")).getMaximumPoolSize())
                            .isEqualTo(3);
                    assertThat(context.getBeanProvider(DataSource.class).getObject())
                            .isSameAs(context.getBean("dataSource"));
                    savesIn(context.getBean(SnapshotStore.class), other);
                });
    }

    @Test
    void the_application_s_connection_details_lead_to_its_data_source() {
        application
                .withBean(JdbcConnectionDetails.class, () -> jdbcDetails(other))
                .run(context -> savesIn(context.getBean(SnapshotStore.class), other));
    }

    @Test
    void a_container_is_the_application_s_database() {
        withContainers(OneContainer.class).run(context -> {
            assertThat(context).hasSingleBean(DataSource.class).doesNotHaveBean(SayiirConnectionDetails.class);
            savesIn(context.getBean(SnapshotStore.class), database);
        });
    }

    @Test
    void a_container_named_sayiir_makes_the_own_pool_beside_the_application_s() {
        withContainers(TwoContainers.class).run(context -> {
            assertThat(context.getBeanNamesForType(JdbcConnectionDetails.class)).hasSize(1);
            assertThat(((HikariDataSource) context.getBean("dataSource")).getJdbcUrl())
                    .isEqualTo(database.url());
            savesIn(context.getBean(SnapshotStore.class), other);
        });
    }

    @Test
    void a_container_named_sayiir_is_enough() {
        withContainers(OwnContainer.class).run(context -> {
            assertThat(context).hasSingleBean(DataSource.class);
            savesIn(context.getBean(SnapshotStore.class), other);
        });
    }

    @Test
    void a_labelled_service_of_docker_compose_makes_the_own_pool() {
        Map<Class<?>, ConnectionDetails> made = connectionDetails(new Service(
                Map.of("org.springframework.boot.service-connection", "sayiir"),
                Map.of("POSTGRES_USER", "flows", "POSTGRES_PASSWORD", "secret", "POSTGRES_DB", "orders")));
        assertThat(made).containsOnlyKeys(SayiirConnectionDetails.class);
        SayiirConnectionDetails details = (SayiirConnectionDetails) made.get(SayiirConnectionDetails.class);
        assertThat(details.getJdbcUrl()).isEqualTo("jdbc:postgresql://127.0.0.1:54321/orders");
        assertThat(details.getUsername()).isEqualTo("flows");
        assertThat(details.getPassword()).isEqualTo("secret");
        assertThat(details.getDriverClassName()).isNull();
    }

    @Test
    void a_labelled_service_has_the_defaults_of_its_image() {
        SayiirConnectionDetails details = (SayiirConnectionDetails) connectionDetails(
                        new Service(Map.of("org.springframework.boot.service-connection", "sayiir"), Map.of()))
                .get(SayiirConnectionDetails.class);
        assertThat(details.getJdbcUrl()).isEqualTo("jdbc:postgresql://127.0.0.1:54321/postgres");
        assertThat(details.getUsername()).isEqualTo("postgres");
        assertThat(details.getPassword()).isNull();
    }

    @Test
    void another_service_of_docker_compose_is_the_application_s_database() {
        assertThat(connectionDetails(new Service(Map.of(), Map.of("POSTGRES_PASSWORD", "secret"))))
                .containsKey(JdbcConnectionDetails.class)
                .doesNotContainKey(SayiirConnectionDetails.class);
    }

    private ApplicationContextRunner withContainers(Class<?> containers) {
        return application
                .withConfiguration(AutoConfigurations.of(ServiceConnectionAutoConfiguration.class))
                .withBean("databases", Databases.class, () -> new Databases(database, other))
                .withUserConfiguration(containers);
    }

    private static void savesIn(SnapshotStore store, Database database) {
        store.createSnapshot(order("order-1"));
        assertThat(hasTable(database.dataSource(), "sayiir", "sayiir_workflows"))
                .isTrue();
    }

    private static SayiirConnectionDetails details(Database database) {
        return new SayiirConnectionDetails() {
            @Override
            public String getJdbcUrl() {
                return database.url();
            }

            @Override
            public String getUsername() {
                return database.username();
            }

            @Override
            public String getPassword() {
                return database.password();
            }
        };
    }

    private static JdbcConnectionDetails jdbcDetails(Database database) {
        return new JdbcConnectionDetails() {
            @Override
            public String getJdbcUrl() {
                return database.url();
            }

            @Override
            public String getUsername() {
                return database.username();
            }

            @Override
            public String getPassword() {
                return database.password();
            }
        };
    }

    /** Spring Boot keeps the constructor to itself: it makes a source for each service that it finds running. */
    private static Map<Class<?>, ConnectionDetails> connectionDetails(RunningService service) {
        try {
            Constructor<DockerComposeConnectionSource> constructor =
                    DockerComposeConnectionSource.class.getDeclaredConstructor(RunningService.class, Environment.class);
            constructor.setAccessible(true);
            return new ConnectionDetailsFactories(null)
                    .getConnectionDetails(constructor.newInstance(service, new MockEnvironment()), false);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    record Databases(Database application, Database workflows) {}

    @Configuration(proxyBeanMethods = false)
    static class OneContainer {

        @Bean
        @ServiceConnection
        RunningContainer shop(Databases databases) {
            return new RunningContainer(databases.application());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoContainers extends OneContainer {

        @Bean
        @ServiceConnection(name = "sayiir", type = SayiirConnectionDetails.class)
        RunningContainer workflows(Databases databases) {
            return new RunningContainer(databases.workflows());
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnContainer {

        @Bean
        @ServiceConnection(name = "sayiir", type = SayiirConnectionDetails.class)
        RunningContainer workflows(Databases databases) {
            return new RunningContainer(databases.workflows());
        }
    }

    private record Service(Map<String, String> labels, Map<String, @Nullable String> env) implements RunningService {

        @Override
        public String name() {
            return "workflows";
        }

        @Override
        public ImageReference image() {
            return ImageReference.of("postgres:17");
        }

        @Override
        public String host() {
            return "127.0.0.1";
        }

        @Override
        public ConnectionPorts ports() {
            return new ConnectionPorts() {
                @Override
                public int get(int containerPort) {
                    assertThat(containerPort).isEqualTo(5432);
                    return 54321;
                }

                @Override
                public List<Integer> getAll() {
                    return List.of(54321);
                }

                @Override
                public List<Integer> getAll(@Nullable String protocol) {
                    return getAll();
                }
            };
        }
    }
}
