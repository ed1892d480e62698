package dev.sayiir.postgres.test.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.autoconfigure.RunningContainer;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.jdbc.core.JdbcTemplate;

@SayiirPostgresTest(properties = "spring.liquibase.enabled=false")
class SliceOnContainerTest {

    private static final Database DATABASE = PostgresServer.of(17).newDatabase();

    @ServiceConnection
    static final RunningContainer CONTAINER = new RunningContainer(DATABASE);

    @Autowired
    private SnapshotStore store;

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    @Test
    void the_stores_are_in_the_container() {
        store.createSnapshot(WorkflowSnapshot.start("order-1", "fulfilment-v1", Payload.empty()));

        assertThat(new JdbcTemplate(DATABASE.dataSource())
                        .queryForList("SELECT instance_id FROM sayiir.sayiir_workflows", String.class))
                .containsExactly("order-1");
    }
}
