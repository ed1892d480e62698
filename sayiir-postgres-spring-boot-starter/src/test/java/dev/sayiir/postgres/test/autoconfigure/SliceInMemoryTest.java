package dev.sayiir.postgres.test.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;

/** With a URL set as an application has it: nobody connects to it. */
@SayiirPostgresTest(inMemory = true, properties = "sayiir.postgres.url=jdbc:postgresql://localhost:1/none")
class SliceInMemoryTest {

    @Autowired
    private ApplicationContext context;

    @ParameterizedTest
    @ValueSource(
            classes = {
                SnapshotStore.class,
                TaskResultStore.class,
                SnapshotHistory.class,
                WorkflowQueries.class,
                SignalStore.class,
                EventLog.class
            })
    void the_stores_are_in_memory(Class<?> store) {
        assertThat(context.getBean(store)).isInstanceOf(InMemoryBackend.class);
    }

    @Test
    void they_store() {
        SnapshotStore store = context.getBean(SnapshotStore.class);
        store.createSnapshot(WorkflowSnapshot.start("order-1", "fulfilment-v1", Payload.empty()));
        assertThat(store.listSnapshots()).containsExactly("order-1");
    }

    @Test
    void there_is_no_database() {
        assertThat(context.getBeanProvider(DataSource.class).stream()).isEmpty();
    }
}
