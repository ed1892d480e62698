package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The code in docs/upgrading.md is what is run here. */
class UpgradingGuideTest {

    private static final Path SELF = Path.of("src/test/java/dev/sayiir/postgres/autoconfigure/UpgradingGuideTest.java");

    private static boolean isNeeded(WorkflowQueries queries) {
        // region needed
        WorkflowQuery atOldTask = WorkflowQuery.all().atTask("charge").limit(1);
        boolean needed = !queries.findWorkflows(atOldTask).workflows().isEmpty();
        // endregion
        return needed;
    }

    @Test
    void a_task_is_needed_while_an_instance_is_at_it() {
        InMemoryBackend backend = new InMemoryBackend();
        WorkflowSnapshot order =
                backend.createSnapshot(WorkflowSnapshot.start("order-1", "fulfilment-v1", Payload.empty())
                        .moveTo(new AtTask("charge")));
        assertThat(isNeeded(backend)).isTrue();

        backend.saveSnapshot(order.completeTask("charge", Payload.empty()).moveTo(new AtTask("ship")));
        assertThat(isNeeded(backend)).isFalse();
    }

    @Test
    void that_is_the_code_of_the_guide() throws IOException {
        String self = Files.readString(SELF);
        String region = self.substring(
                self.indexOf("// region needed\n") + "// region needed\n".length(),
                self.indexOf("\n        // endregion"));
        assertThat(Files.readString(Path.of("../docs/upgrading.md")))
                .containsOnlyOnce("```java\n" + region.stripIndent() + "\n```");
    }
}
