package dev.sayiir.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.PositionKind;
import dev.sayiir.workflow.Snapshots;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SnapshotRoundTripTest {

    private static final int SNAPSHOTS = Integer.getInteger("sayiir.test.snapshots", 20_000);

    private final SnapshotCodecs json = SnapshotCodecs.json();
    private final SnapshotCodecs smile =
            SnapshotCodecs.writing(new SmileSnapshotCodec()).build();

    @Test
    void R4_any_snapshot_survives_each_codec_but_for_what_columns_keep() {
        SplittableRandom random = Snapshots.seeded("snapshots through each codec");
        Map<WorkflowStatus, Integer> states = new EnumMap<>(WorkflowStatus.class);
        Map<PositionKind, Integer> positions = new EnumMap<>(PositionKind.class);
        for (int i = 0; i < SNAPSHOTS; i++) {
            WorkflowSnapshot snapshot = Snapshots.random(random);
            WorkflowSnapshot kept =
                    snapshot.toBuilder().traceParent(Optional.empty()).build();

            byte[] asJson = json.encode(snapshot);
            WorkflowSnapshot fromJson = smile.decode(asJson);
            assertThat(fromJson).as("snapshot %d as JSON", i).isEqualTo(kept);
            assertThat(json.encode(fromJson)).as("snapshot %d as JSON again", i).isEqualTo(asJson);

            byte[] asSmile = smile.encode(snapshot);
            WorkflowSnapshot fromSmile = json.decode(asSmile);
            assertThat(fromSmile).as("snapshot %d as Smile", i).isEqualTo(kept);
            assertThat(smile.encode(fromSmile))
                    .as("snapshot %d as Smile again", i)
                    .isEqualTo(asSmile);

            states.merge(snapshot.status(), 1, Integer::sum);
            snapshot.position().ifPresent(position -> positions.merge(position.kind(), 1, Integer::sum));
        }
        assertThat(states).hasSize(WorkflowStatus.values().length);
        assertThat(positions).hasSize(PositionKind.values().length);
        assertThat(states.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(SNAPSHOTS);
    }

    @Test
    void an_output_of_a_mebibyte_survives_each_codec() {
        byte[] bytes = new byte[1024 * 1024];
        Snapshots.seeded("a large output").nextBytes(bytes);
        WorkflowSnapshot snapshot =
                WorkflowSnapshot.start("large", "v1", Payload.empty()).complete(Payload.of(bytes));

        byte[] asSmile = smile.encode(snapshot);
        byte[] asJson = json.encode(snapshot);

        assertThat(json.decode(asSmile)).isEqualTo(snapshot);
        assertThat(json.decode(asJson)).isEqualTo(snapshot);
        assertThat(asSmile).hasSizeLessThan(bytes.length + 500);
        assertThat(asJson).hasSizeLessThan(4 * bytes.length);
    }
}
