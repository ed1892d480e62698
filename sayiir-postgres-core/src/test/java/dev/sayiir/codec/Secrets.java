package dev.sayiir.codec;

import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskDeadline;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A snapshot that holds a text wherever text may stand. */
final class Secrets {

    private Secrets() {}

    static WorkflowSnapshot everywhere(String secret) {
        Payload payload = Payload.utf8(secret);
        RetryPolicy policy = new RetryPolicy(3, Duration.ofSeconds(1), 1.5f, Optional.empty());
        return WorkflowSnapshot.builder(secret + "-a", secret + "-b")
                .state(new WorkflowState.Paused(
                        Optional.of(secret + "-c"),
                        Optional.of(secret + "-d"),
                        Instant.EPOCH,
                        CompletedTasks.of(Map.of(secret + "-e", payload)),
                        new AtFork(
                                secret + "-f",
                                Map.of(secret + "-g", new TaskResult(secret + "-h", payload)),
                                Instant.EPOCH),
                        Optional.of(secret + "-i")))
                .createdAt(Instant.EPOCH)
                .updatedAt(Instant.EPOCH)
                .initialInput(payload)
                .taskDeadline(Optional.of(new TaskDeadline(secret + "-j", Instant.EPOCH, 1)))
                .taskRetry(
                        secret + "-k",
                        new TaskRetry(1, policy, secret + "-l", Optional.of(secret + "-m"), Instant.EPOCH))
                .loopIteration(secret + "-n", 1)
                .taskTags(List.of(secret + "-o"))
                .build();
    }
}
