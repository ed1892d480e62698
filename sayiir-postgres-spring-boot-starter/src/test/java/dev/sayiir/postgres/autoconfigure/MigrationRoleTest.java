package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.AbstractDataSource;

/** Migrating as another role than the one that the stores work as. */
class MigrationRoleTest extends StarterTest {

    private JdbcTemplate admin;

    @BeforeEach
    void createRoles() {
        admin = new JdbcTemplate(database.dataSource());
        admin.execute("""
                CREATE ROLE flow_owner NOLOGIN;
                CREATE ROLE flow_migrator LOGIN PASSWORD 'migrator' IN ROLE flow_owner;
                CREATE ROLE flow_worker LOGIN PASSWORD 'worker';
                CREATE SCHEMA sayiir AUTHORIZATION flow_owner;
                GRANT USAGE ON SCHEMA sayiir TO flow_worker;
                ALTER DEFAULT PRIVILEGES FOR ROLE flow_owner, flow_migrator
                    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO flow_worker;
                ALTER DEFAULT PRIVILEGES FOR ROLE flow_owner, flow_migrator GRANT USAGE ON SEQUENCES TO flow_worker;
                """);
    }

    @AfterEach
    void dropRoles() {
        for (String role : List.of("flow_worker", "flow_migrator", "flow_owner")) {
            admin.execute("DROP OWNED BY " + role + " CASCADE");
            admin.execute("DROP ROLE " + role);
        }
    }

    @Test
    void username_and_password_are_those_of_the_migration_only() {
        asWorker()
                .withPropertyValues(
                        "sayiir.postgres.migration.username=flow_migrator",
                        "sayiir.postgres.migration.password=migrator")
                .run(MigrationRoleTest::itWorks);
        assertThat(owners()).containsOnly("flow_migrator");
    }

    @Test
    void role_is_taken_on_for_the_migration_only() {
        asWorker()
                .withPropertyValues(
                        "sayiir.postgres.migration.username=flow_migrator",
                        "sayiir.postgres.migration.password=migrator",
                        "sayiir.postgres.migration.role=flow_owner")
                .run(MigrationRoleTest::itWorks);
        assertThat(owners()).containsOnly("flow_owner");
    }

    @Test
    void role_alone_is_taken_on_by_the_role_of_the_data_source() {
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.migration.role=flow_owner")
                .run(context -> {
                    itWorks(context);
                    assertThat(context.getBean(JdbcTemplate.class).queryForObject("SELECT current_user", String.class))
                            .isEqualTo(database.username());
                });
        assertThat(owners()).containsOnly("flow_owner");
    }

    @Test
    void a_role_that_may_not_be_taken_on_is_named_with_its_property() {
        asWorker()
                .withPropertyValues("sayiir.postgres.migration.role=flow_owner")
                .run(context ->
                        assertThat(context).getFailure().hasStackTraceContaining("sayiir.postgres.migration.role"));
    }

    @Test
    void url_leads_the_migration_another_way() {
        try (Database other = PostgresServer.of(17).newDatabase()) {
            onOwnDatabase()
                    .withPropertyValues("sayiir.postgres.migration.url=" + other.url())
                    .run(context -> assertThat(context).hasNotFailed());
            assertThat(hasTable(other.dataSource(), "sayiir", "sayiir_workflows"))
                    .isTrue();
            assertThat(hasTable(database.dataSource(), "sayiir", "sayiir_workflows"))
                    .isFalse();
        }
    }

    @Test
    void validation_looks_at_what_the_stores_will_see() {
        try (Database other = PostgresServer.of(17).newDatabase()) {
            onOwnDatabase().run(context -> assertThat(context).hasNotFailed());
            onOwnDatabase()
                    .withPropertyValues(
                            "sayiir.postgres.migration.mode=validate", "sayiir.postgres.migration.url=" + other.url())
                    .run(context -> assertThat(context).hasNotFailed());
        }
    }

    @Test
    void how_to_connect_to_a_data_source_of_an_unknown_type_has_to_be_said() {
        ApplicationContextRunner unknown = application
                .withBean("unknown", DataSource.class, () -> new Opaque(database.dataSource()))
                .withPropertyValues(
                        "sayiir.postgres.migration.username=" + database.username(),
                        "sayiir.postgres.migration.password=" + database.password());
        unknown.run(context ->
                assertThat(context).getFailure().rootCause().hasMessageContaining("Set sayiir.postgres.migration.url"));
        unknown.withPropertyValues("sayiir.postgres.migration.url=" + database.url())
                .run(MigrationRoleTest::itWorks);
    }

    private ApplicationContextRunner asWorker() {
        return application.withPropertyValues(
                "spring.datasource.url=" + database.url(),
                "spring.datasource.username=flow_worker",
                "spring.datasource.password=worker");
    }

    private static void itWorks(AssertableApplicationContext context) {
        assertThat(context).hasSingleBean(PostgresBackend.class);
        context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
    }

    /** Tells nothing of where it leads. */
    static final class Opaque extends AbstractDataSource {

        private final DataSource target;

        Opaque(DataSource target) {
            this.target = target;
        }

        @Override
        public Connection getConnection() throws SQLException {
            return target.getConnection();
        }

        @Override
        public Connection getConnection(String username, String password) throws SQLException {
            return target.getConnection(username, password);
        }
    }

    private Iterable<String> owners() {
        return admin.queryForList("SELECT tableowner FROM pg_tables WHERE schemaname = 'sayiir'", String.class);
    }
}
