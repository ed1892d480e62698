package dev.sayiir.codec;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;

/** What the codecs of this library share: one writer and one reader, over whatever Jackson can stream. */
public abstract sealed class StreamingCodec implements SnapshotCodec permits JsonSnapshotCodec, SmileSnapshotCodec {

    /** The format itself needs 7 levels; the rest is for fields of later versions, which are skipped. */
    static final int MAX_NESTING = 64;

    /** A name is an id or a field of a later version. */
    static final int MAX_NAME_CHARS = 1024;

    /** Any number of the format fits several times. */
    static final int MAX_NUMBER_CHARS = 100;

    private final int id;
    private final String name;
    private final String format;

    StreamingCodec(int id, String name, String format) {
        this.id = id;
        this.name = name;
        this.format = format;
    }

    /** The same at every call, made at the first: a process that reads no Smile does not load it. */
    abstract TokenStreamFactory factory();

    /** Sizes of texts are bounded by the blob, which has them in full; a size that is only declared allocates nothing. */
    static StreamReadConstraints readConstraints() {
        return StreamReadConstraints.builder()
                .maxNestingDepth(MAX_NESTING)
                .maxNameLength(MAX_NAME_CHARS)
                .maxNumberLength(MAX_NUMBER_CHARS)
                .maxStringLength(Integer.MAX_VALUE)
                .build();
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public byte[] encode(WorkflowSnapshot snapshot) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        encode(snapshot, out);
        return out.toByteArray();
    }

    @Override
    public WorkflowSnapshot decode(byte[] bytes) {
        return decode(bytes, 0, bytes.length);
    }

    /** Writes to the end of a stream that throws no {@link java.io.IOException}. */
    void encode(WorkflowSnapshot snapshot, OutputStream out) {
        try (JsonGenerator generator = factory().createGenerator(ObjectWriteContext.empty(), out, JsonEncoding.UTF8)) {
            new SnapshotWriter(generator).write(snapshot);
        }
    }

    /** Reads a part of an array without copying it. */
    WorkflowSnapshot decode(byte[] bytes, int offset, int length) {
        try (JsonParser parser = factory().createParser(ObjectReadContext.empty(), bytes, offset, length)) {
            return new SnapshotReader(parser, new Problems(format, parser, offset)).read();
        } catch (SnapshotSerializationException e) {
            throw e;
        } catch (RuntimeException e) {
            throw Problems.atStart(format, e);
        }
    }
}
