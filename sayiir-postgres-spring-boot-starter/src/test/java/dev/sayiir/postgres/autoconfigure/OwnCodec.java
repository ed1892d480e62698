package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.codec.JsonSnapshotCodec;
import dev.sayiir.codec.SnapshotCodec;
import dev.sayiir.workflow.WorkflowSnapshot;

/** A codec of the application: JSON under another name. */
record OwnCodec(int id, String name) implements SnapshotCodec {

    private static final SnapshotCodec JSON = new JsonSnapshotCodec();

    @Override
    public byte[] encode(WorkflowSnapshot snapshot) {
        return JSON.encode(snapshot);
    }

    @Override
    public WorkflowSnapshot decode(byte[] bytes) {
        return JSON.decode(bytes);
    }
}
