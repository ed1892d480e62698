package dev.sayiir.codec;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Arrays;
import java.util.Objects;

/** Calls an application's own codec, and turns whatever goes wrong there into the one exception that callers expect. */
final class OwnCodec {

    private OwnCodec() {}

    static byte[] encode(SnapshotCodec codec, WorkflowSnapshot snapshot) {
        try {
            return Objects.requireNonNull(codec.encode(snapshot));
        } catch (SnapshotSerializationException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            throw failure(codec, "write", e);
        }
    }

    static WorkflowSnapshot decode(SnapshotCodec codec, byte[] blob, int start) {
        try {
            return Objects.requireNonNull(codec.decode(Arrays.copyOfRange(blob, start, blob.length)));
        } catch (SnapshotSerializationException e) {
            throw e;
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            throw failure(codec, "read", e);
        }
    }

    private static SnapshotSerializationException failure(SnapshotCodec codec, String action, Throwable cause) {
        return new SnapshotSerializationException(
                "Codec '" + codec.name() + "' (" + codec.getClass().getName() + ") could not " + action
                        + " the snapshot: " + cause.getClass().getName()
                        + ". See where it came from in the stack trace, and correct the codec or restore the snapshot",
                new WithoutMessage(cause));
    }
}
