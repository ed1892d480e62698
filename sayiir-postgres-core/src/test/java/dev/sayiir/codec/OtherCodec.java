package dev.sayiir.codec;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Arrays;

/** An application's own codec: JSON with a byte in front of it. */
final class OtherCodec implements SnapshotCodec {

    private final SnapshotCodec json = new JsonSnapshotCodec();
    private final int id;

    OtherCodec(int id) {
        this.id = id;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return "other-" + id;
    }

    @Override
    public byte[] encode(WorkflowSnapshot snapshot) {
        byte[] payload = json.encode(snapshot);
        byte[] bytes = new byte[payload.length + 1];
        System.arraycopy(payload, 0, bytes, 1, payload.length);
        return bytes;
    }

    /** Fails as careless code does: with content in the message. */
    @Override
    public WorkflowSnapshot decode(byte[] bytes) {
        if (bytes.length == 0 || bytes[0] != 0) {
            throw new IllegalStateException("Cannot read " + new String(bytes, UTF_8));
        }
        return json.decode(Arrays.copyOfRange(bytes, 1, bytes.length));
    }
}
