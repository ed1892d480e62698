package dev.sayiir.postgres.test.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SayiirPostgresTest(properties = {"spring.liquibase.enabled=false", "sayiir.postgres.schema=flows"})
class SliceOnPostgresTest {

    private static final Database DATABASE = PostgresServer.of(17).newDatabase();

    @Autowired
    private SnapshotStore store;

    @Autowired
    private JdbcTemplate jdbc;

    @Autowired
    private ApplicationContext context;

    @DynamicPropertySource
    static void configure(DynamicPropertyRegistry properties) {
        DATABASE.describe("spring.datasource", properties::add);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    @Test
    void the_stores_are_in_the_configured_database() {
        store.createSnapshot(WorkflowSnapshot.start("order-1", "fulfilment-v1", Payload.empty()));

        assertThat(jdbc.queryForList("SELECT instance_id FROM flows.sayiir_workflows", String.class))
                .containsExactly("order-1");
        assertThat(store).isInstanceOf(PostgresBackend.class);
    }

    @Test
    void components_of_the_application_are_left_out() {
        assertThat(context.getBeanProvider(Mailer.class).stream()).isEmpty();
    }
}
