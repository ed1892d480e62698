package dev.sayiir.codec;

/**
 * The six bytes in front of a payload: {@code SYRS}, the version of the format, the id of the codec. A blob that begins
 * as JSON does has none: Sayiir 0.1 wrote that.
 *
 * @param codecId which codec wrote the payload
 * @param payloadStart where the payload begins
 */
record Envelope(int codecId, int payloadStart) {

    static final int BYTES = 6;

    private static final byte[] MAGIC = {'S', 'Y', 'R', 'S'};
    private static final int VERSION = 1;
    private static final int RKYV_ID = 2;

    static byte[] header(int codecId) {
        return new byte[] {MAGIC[0], MAGIC[1], MAGIC[2], MAGIC[3], VERSION, (byte) codecId};
    }

    static Envelope of(byte[] blob) {
        if (blob.length > 0 && blob[0] == '{') {
            return new Envelope(SnapshotCodec.JSON_ID, 0);
        }
        requireMagic(blob);
        if (blob.length < BYTES) {
            throw new SnapshotSerializationException("The snapshot is truncated: it ends after " + blob.length
                    + " bytes, within its header of " + BYTES + ". Go back to an earlier version of it");
        }
        int version = blob[MAGIC.length] & 0xFF;
        if (version != VERSION) {
            throw new SnapshotSerializationException("The snapshot has version " + version
                    + " of the format, and this program reads version " + VERSION
                    + ". Use a version of this library that reads it, or one that wrote it to finish the instance");
        }
        return new Envelope(blob[MAGIC.length + 1] & 0xFF, BYTES);
    }

    static SnapshotSerializationException unknownCodec(int codecId) {
        if (codecId == RKYV_ID) {
            return new SnapshotSerializationException("The snapshot was written with codec 2, rkyv, which only Sayiir's"
                    + " Rust implementation can read. Have that write JSON");
        }
        return new SnapshotSerializationException(
                "The snapshot was written with codec " + codecId
                        + ", which is not registered here. Register it (SnapshotCodecs.Builder.reading), or update this library");
    }

    private static void requireMagic(byte[] blob) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (i == blob.length || blob[i] != MAGIC[i]) {
                throw new SnapshotSerializationException("These " + blob.length + " bytes are no snapshot:"
                        + " they begin neither with SYRS nor as JSON. Check that nothing else writes to this column"
                        + " and that nothing compressed or encrypted it, or go back to an earlier version of it");
            }
        }
    }
}
