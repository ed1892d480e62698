package dev.sayiir.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.smile.SmileFactory;

class SmileSnapshotCodecTest {

    private final SmileSnapshotCodec codec = new SmileSnapshotCodec();

    @Test
    void payloads_are_written_as_they_are() {
        byte[] bytes = new byte[10_000];
        WorkflowSnapshot snapshot = WorkflowSnapshot.start("i", "v1", Payload.of(bytes));

        assertThat(codec.encode(snapshot)).hasSizeBetween(bytes.length, bytes.length + 250);
    }

    @Test
    void it_is_smaller_than_JSON() throws Exception {
        WorkflowSnapshot golden = SnapshotCodecs.json().decode(GoldenSnapshotTest.golden());

        assertThat(codec.encode(golden)).hasSizeLessThan(850);
    }

    @Test
    void it_reads_the_structure_of_JSON_with_arrays_for_bytes_and_another_writers_settings() throws Exception {
        WorkflowSnapshot golden = SnapshotCodecs.json().decode(GoldenSnapshotTest.golden());

        assertThat(codec.decode(transcoded(new JsonSnapshotCodec().encode(golden))))
                .isEqualTo(golden);
    }

    @Test
    void a_zero_length_output_is_kept() {
        WorkflowSnapshot snapshot =
                WorkflowSnapshot.start("i", "v1", Payload.empty()).completeTask("a", Payload.empty());

        WorkflowSnapshot read = codec.decode(codec.encode(snapshot));

        assertThat(read.initialInput()).contains(Payload.empty());
        assertThat(read.state()).isInstanceOf(WorkflowState.InProgress.class);
        assertThat(read.completedTasks().output("a")).contains(Payload.empty());
    }

    private static byte[] transcoded(byte[] json) {
        ByteArrayOutputStream smile = new ByteArrayOutputStream();
        try (JsonParser from = new JsonFactory().createParser(ObjectReadContext.empty(), json);
                JsonGenerator to =
                        new SmileFactory().createGenerator(ObjectWriteContext.empty(), smile, JsonEncoding.UTF8)) {
            from.nextToken();
            to.copyCurrentStructure(from);
        }
        return smile.toByteArray();
    }
}
