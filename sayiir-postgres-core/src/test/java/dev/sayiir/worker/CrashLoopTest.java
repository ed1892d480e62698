package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.ChildJvm;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A task that ends its process, and a supervisor that starts another one each time. */
class CrashLoopTest {

    private static final int PROCESSES = 3;
    private static final int INNOCENT = 20;

    private final Database database = PostgresServer.of(17).newDatabase();
    private final PostgresBackend backend =
            PostgresBackend.builder(database.dataSource()).build();
    private final List<ChildJvm> processes = new ArrayList<>();
    private int crashes;

    @TempDir
    private Path logs;

    @AfterEach
    void stop() {
        processes.forEach(ChildJvm::close);
        database.close();
    }

    /** As a supervisor does. */
    private void startWhatHasEnded() {
        for (int i = 0; i < processes.size(); i++) {
            if (!processes.get(i).isAlive()) {
                crashes++;
                processes.set(i, startProcess());
            }
        }
    }

    private ChildJvm startProcess() {
        return ChildJvm.start(
                CrashLoopProcess.class,
                logs.resolve("process-" + processes.size() + "-" + crashes + ".log"),
                database.url(),
                database.username(),
                database.password());
    }

    @Test
    @Tag("slow") // a JVM is started for each crash
    void R26_a_task_that_ends_its_process_is_blocked_after_some_crashes_and_the_others_are_done() {
        Workflows workflows = Workflows.of(backend);
        for (int i = 0; i < INNOCENT; i++) {
            workflows.start(CrashLoopProcess.WORKFLOW, "innocent-" + i, "in");
            if (i == INNOCENT / 4) {
                workflows.start(CrashLoopProcess.WORKFLOW, CrashLoopProcess.GUILTY, "in");
            }
        }
        for (int i = 0; i < PROCESSES; i++) {
            processes.add(startProcess());
        }

        await().atMost(Duration.ofMinutes(3)).untilAsserted(() -> {
            startWhatHasEnded();
            assertThat(backend.countByStatus())
                    .containsEntry(WorkflowStatus.COMPLETED, (long) INNOCENT)
                    .containsEntry(WorkflowStatus.IN_PROGRESS, 1L);
            assertThat(backend.findBlockedTasks(BlockedQuery.all()))
                    .singleElement()
                    .satisfies(blocked -> {
                        assertThat(blocked.instanceId()).isEqualTo(CrashLoopProcess.GUILTY);
                        assertThat(blocked.reason()).isEqualTo(BlockReason.CRASHES);
                    });
        });
        assertThat(crashes).isEqualTo(FailurePolicy.DEFAULT.crashLimit());
    }
}
