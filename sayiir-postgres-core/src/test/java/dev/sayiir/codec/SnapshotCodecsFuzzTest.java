package dev.sayiir.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.sayiir.workflow.WorkflowSnapshot;

/** Reads the blobs of its corpus in a normal build; with {@code JAZZER_FUZZ=1} it looks for blobs that break the reader. */
class SnapshotCodecsFuzzTest {

    private static final SnapshotCodecs CODECS = SnapshotCodecs.json();

    @FuzzTest(maxDuration = "1m")
    void decode(byte[] blob) {
        WorkflowSnapshot snapshot;
        try {
            snapshot = CODECS.decode(blob);
        } catch (SnapshotSerializationException e) {
            return;
        }
        assertThat(CODECS.decode(CODECS.encode(snapshot))).isEqualTo(snapshot);
    }
}
