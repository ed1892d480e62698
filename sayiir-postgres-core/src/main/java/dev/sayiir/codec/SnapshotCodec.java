package dev.sayiir.codec;

import dev.sayiir.workflow.WorkflowSnapshot;

/**
 * One way to write a snapshot as bytes. What it writes goes into an envelope that names the codec by its id, so that
 * every reader finds the right one.
 *
 * <p>A codec keeps everything but the snapshot's version and trace parent, which the stores keep in columns. It has no
 * state of its own: several threads use it at once.
 */
public interface SnapshotCodec {

    /** Codec id of Sayiir's JSON form. */
    int JSON_ID = 1;

    /** Codec id of Smile, Jackson's binary JSON. */
    int SMILE_ID = 16;

    /** The first codec id that is free for applications; the last is 255. */
    int FIRST_FREE_ID = 64;

    /** @return the id in the envelope: {@value #FIRST_FREE_ID} to 255 for an application's own codec */
    int id();

    /** @return the name by which configuration and messages call it, such as {@code json} */
    String name();

    /**
     * @param snapshot what to write
     * @return the bytes, without envelope
     */
    byte[] encode(WorkflowSnapshot snapshot);

    /**
     * Reads what {@link #encode} wrote. The bytes come from outside and may be anything.
     *
     * @param bytes the bytes, without envelope
     * @return the snapshot, with version 0
     * @throws SnapshotSerializationException if these bytes are no snapshot
     */
    WorkflowSnapshot decode(byte[] bytes);
}
