package dev.sayiir.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskDeadline;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The value that Sayiir itself freezes its format with. */
class GoldenSnapshotTest {

    private static final String SHA_256 = "5fb7553398d6d42fe3d9a5b7b087fbd3c8d2c91a57af75983d7b6d97c823faa9";
    private static final String TASK = "11".repeat(32);
    private static final String RETRIED = "22".repeat(32);
    private static final String LOOP = "33".repeat(32);
    private static final Instant THEN = Instant.parse("2023-11-14T22:13:20Z");

    private final SnapshotCodecs codecs = SnapshotCodecs.json();

    @Test
    void R4_the_golden_snapshot_is_the_published_one() throws Exception {
        assertThat(golden()).hasSize(1207);
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(golden())))
                .isEqualTo(SHA_256);
    }

    @Test
    void R4_the_golden_snapshot_is_reproduced_byte_for_byte() throws Exception {
        assertThat(codecs.encode(codecs.decode(golden()))).isEqualTo(golden());
    }

    @Test
    void R4_the_golden_snapshot_holds_what_it_was_made_of() throws Exception {
        WorkflowSnapshot snapshot = codecs.decode(golden());

        assertThat(snapshot.instanceId()).isEqualTo("wf-golden-1");
        assertThat(snapshot.definitionHash()).isEqualTo("44".repeat(32));
        assertThat(snapshot.position()).contains(new AtTask(TASK));
        assertThat(snapshot.completedTasks().asMap()).isEqualTo(Map.of(TASK, Payload.of(new byte[] {1, 2, 3})));
        assertThat(snapshot.lastCompletedTaskId()).contains(TASK);
        assertThat(snapshot.createdAt()).isEqualTo(Instant.ofEpochSecond(1_700_000_000));
        assertThat(snapshot.updatedAt()).isEqualTo(Instant.ofEpochSecond(1_700_000_500));
        assertThat(snapshot.initialInput()).contains(Payload.utf8("\"hi\""));
        assertThat(snapshot.taskDeadline()).contains(new TaskDeadline(TASK, THEN, 30_000));
        RetryPolicy policy = new RetryPolicy(3, Duration.ofMillis(100), 2f, Optional.of(Duration.ofSeconds(10)));
        assertThat(snapshot.taskRetries())
                .isEqualTo(Map.of(RETRIED, new TaskRetry(2, policy, "boom", Optional.of("worker-7"), THEN)));
        assertThat(snapshot.loopIterations()).isEqualTo(Map.of(LOOP, 4L));
        assertThat(snapshot.taskPriority()).isEqualTo(TaskPriority.NORMAL);
        assertThat(snapshot.taskTags()).isEqualTo(List.of("gpu", "cuda-12"));
    }

    @Test
    void R2_headerless_JSON_of_Sayiir_0_1_is_read() {
        String written = """
                {"instance_id":"wf-1","definition_hash":"%s","state":{"InProgress":{"position":{"AtTask":{"task_id":\
                "charge"}},"completed_tasks":{"fetch":{"task_id":"fetch","output":[123,125]}},\
                "last_completed_task_id":"fetch"}},"created_at":1700000000,"updated_at":1700000005,\
                "initial_input":[52,50]}""".formatted("ab".repeat(32));

        WorkflowSnapshot snapshot = codecs.decode(written.getBytes(StandardCharsets.UTF_8));

        assertThat(snapshot)
                .isEqualTo(WorkflowSnapshot.start("wf-1", "ab".repeat(32), Payload.utf8("42"))
                        .completeTask("fetch", Payload.utf8("{}"))
                        .moveTo(new AtTask("charge"))
                        .toBuilder()
                        .createdAt(Instant.ofEpochSecond(1_700_000_000))
                        .updatedAt(Instant.ofEpochSecond(1_700_000_005))
                        .build());
    }

    static byte[] golden() throws IOException {
        try (InputStream hex = GoldenSnapshotTest.class.getResourceAsStream("golden-snapshot.hex")) {
            return HexFormat.of().parseHex(new String(hex.readAllBytes(), StandardCharsets.US_ASCII).strip());
        }
    }
}
