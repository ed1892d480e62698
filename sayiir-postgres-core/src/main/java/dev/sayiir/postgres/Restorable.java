package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.workflow.WorkflowSnapshot;

/** What the rows of an instance say, not decoded yet. */
interface Restorable {

    /** Throws {@link dev.sayiir.codec.SnapshotSerializationException}, naming the instance, if it cannot be read. */
    WorkflowSnapshot restore(String instanceId, SnapshotCodecs codecs);
}
