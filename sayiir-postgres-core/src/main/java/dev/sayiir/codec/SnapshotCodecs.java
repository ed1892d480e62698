package dev.sayiir.codec;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Map;
import java.util.TreeMap;

/**
 * Turns snapshots into blobs and back: writes with one codec, reads whatever codec a blob names. So a fleet can change
 * its codec without a pause. JSON, also without an envelope, and Smile can always be read.
 *
 * <pre>{@code
 * SnapshotCodecs codecs = SnapshotCodecs.writing(new SmileSnapshotCodec()).reading(myCodec).build();
 * byte[] blob = codecs.encode(snapshot);
 * WorkflowSnapshot same = codecs.decode(blob);
 * }</pre>
 *
 * <p>Immutable; several threads use it at once.
 */
public final class SnapshotCodecs {

    /** The size of a blob beyond which it is neither written nor read, unless set otherwise: 16 MiB. */
    public static final int DEFAULT_MAX_BYTES = 16 * 1024 * 1024;

    /** The smallest limit that can be set: any snapshot with a few tasks and no large payload fits. */
    public static final int MIN_MAX_BYTES = 4 * 1024;

    private final SnapshotCodec writer;
    private final int writerId;
    private final Map<Integer, SnapshotCodec> byId;
    private final int maxBytes;

    private SnapshotCodecs(Builder builder) {
        this.writer = builder.writer;
        this.writerId = builder.writer.id();
        this.byId = Map.copyOf(builder.byId);
        this.maxBytes = builder.maxBytes;
    }

    /** @return codecs that write JSON, with the default limit */
    public static SnapshotCodecs json() {
        return writing(new JsonSnapshotCodec()).build();
    }

    /**
     * @param writer what to write with: the JSON or Smile codec, or an own one
     * @return a builder
     * @throws IllegalArgumentException if it is an own codec with an id outside 64 to 255
     */
    public static Builder writing(SnapshotCodec writer) {
        return new Builder(writer);
    }

    /** @return the codec that blobs are written with */
    public SnapshotCodec writer() {
        return writer;
    }

    /** @return the size of a blob beyond which it is neither written nor read, in bytes */
    public int maxBytes() {
        return maxBytes;
    }

    /**
     * Writes a snapshot as a blob: the envelope, then what the codec makes of it.
     *
     * @param snapshot what to write
     * @return the blob
     * @throws SnapshotSerializationException if the blob would be larger than the limit, or an own codec fails
     */
    public byte[] encode(WorkflowSnapshot snapshot) {
        LimitedOutput out = new LimitedOutput(maxBytes);
        byte[] header = Envelope.header(writerId);
        out.write(header, 0, header.length);
        if (writer instanceof StreamingCodec streaming) {
            streaming.encode(snapshot, out);
        } else {
            byte[] payload = OwnCodec.encode(writer, snapshot);
            out.write(payload, 0, payload.length);
        }
        if (out.size() > maxBytes) {
            throw new SnapshotSerializationException("The snapshot takes " + out.size() + " bytes as " + writer.name()
                    + ", and the limit is " + maxBytes + ". Keep large data elsewhere and pass references to it,"
                    + " or raise the limit (sayiir.postgres.blob.max-size, or SnapshotCodecs.Builder.maxBytes)");
        }
        return out.toByteArray();
    }

    /**
     * Reads a blob with the codec that it names. The blob is taken for what it is: bytes that may hold anything.
     *
     * @param blob what {@link #encode} wrote, or Sayiir, or headerless JSON of Sayiir 0.1
     * @return the snapshot, with version 0 and no trace parent
     * @throws SnapshotSerializationException if the blob is larger than the limit, has no known envelope, or is no
     *     snapshot; the message tells which, and what to do, and shows nothing of the content
     */
    public WorkflowSnapshot decode(byte[] blob) {
        if (blob.length > maxBytes) {
            throw new SnapshotSerializationException(
                    "The snapshot has " + blob.length
                            + " bytes, and the limit is " + maxBytes
                            + ". If it is a real one, raise the limit (sayiir.postgres.blob.max-size, or SnapshotCodecs.Builder.maxBytes)");
        }
        Envelope envelope = Envelope.of(blob);
        SnapshotCodec codec = byId.get(envelope.codecId());
        if (codec == null) {
            throw Envelope.unknownCodec(envelope.codecId());
        }
        int start = envelope.payloadStart();
        return codec instanceof StreamingCodec streaming
                ? streaming.decode(blob, start, blob.length - start)
                : OwnCodec.decode(codec, blob, start);
    }

    /** Collects codecs. Not for use by several threads. */
    public static final class Builder {

        private final SnapshotCodec writer;
        private final Map<Integer, SnapshotCodec> byId = new TreeMap<>();
        private int maxBytes = DEFAULT_MAX_BYTES;

        private Builder(SnapshotCodec writer) {
            this.writer = writer;
            byId.put(SnapshotCodec.JSON_ID, new JsonSnapshotCodec());
            byId.put(SnapshotCodec.SMILE_ID, new SmileSnapshotCodec());
            if (!(writer instanceof StreamingCodec)) {
                add(writer);
            }
        }

        /**
         * Registers a further codec to read with. JSON and Smile are registered already.
         *
         * @param codec an application's own codec
         * @return this
         * @throws IllegalArgumentException if its id is outside 64 to 255, or taken
         */
        public Builder reading(SnapshotCodec codec) {
            add(codec);
            return this;
        }

        /**
         * Sets how large a blob may be, envelope included.
         *
         * @param maxBytes the limit, at least {@value #MIN_MAX_BYTES}
         * @return this
         * @throws IllegalArgumentException if it is less
         */
        public Builder maxBytes(int maxBytes) {
            if (maxBytes < MIN_MAX_BYTES) {
                throw new IllegalArgumentException(
                        "maxBytes is " + maxBytes + "; it must be at least " + MIN_MAX_BYTES);
            }
            this.maxBytes = maxBytes;
            return this;
        }

        /** @return the codecs */
        public SnapshotCodecs build() {
            return new SnapshotCodecs(this);
        }

        private void add(SnapshotCodec codec) {
            int id = codec.id();
            SnapshotCodec other = byId.get(id);
            if (other != null) {
                throw new IllegalArgumentException("Codec '" + codec.name() + "' has id " + id + ", which codec '"
                        + other.name() + "' has already; " + other.name() + " is registered, give others another id");
            }
            if (id < SnapshotCodec.FIRST_FREE_ID || id > 255) {
                throw new IllegalArgumentException("Codec '" + codec.name() + "' has id " + id + "; use "
                        + SnapshotCodec.FIRST_FREE_ID + " to 255, which are free for applications");
            }
            byId.put(id, codec);
        }
    }
}
