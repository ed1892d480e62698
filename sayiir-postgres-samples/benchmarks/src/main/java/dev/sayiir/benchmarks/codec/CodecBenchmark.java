package dev.sayiir.benchmarks.codec;

import dev.sayiir.codec.JsonSnapshotCodec;
import dev.sayiir.codec.SmileSnapshotCodec;
import dev.sayiir.codec.SnapshotCodec;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.smile.SmileFactory;
import tools.jackson.dataformat.smile.SmileWriteFeature;

/**
 * Encodes and decodes a snapshot with so many results of 100 bytes; and, to compare with, lets Jackson read every token of
 * the same bytes and write the same tokens, and does nothing else with them.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CodecBenchmark {

    /** {@code json} or {@code smile}. */
    @Param({"json", "smile"})
    public String codec = "json";

    /** How many tasks are done. */
    @Param({"1", "10", "100"})
    public int tasks;

    private SnapshotCodec tested = new JsonSnapshotCodec();
    private TokenStreamFactory factory = new JsonFactory();
    private WorkflowSnapshot snapshot = snapshot(1);
    private byte[] bytes = {};
    private Tokens tokens;

    /** Makes the snapshot. */
    public CodecBenchmark() {
        setUp();
    }

    /** Makes the snapshot that the parameters ask for. */
    @Setup
    public final void setUp() {
        boolean smile = codec.equals("smile");
        tested = smile ? new SmileSnapshotCodec() : new JsonSnapshotCodec();
        factory = smile
                ? SmileFactory.builder()
                        .disable(SmileWriteFeature.ENCODE_BINARY_AS_7BIT)
                        .enable(SmileWriteFeature.CHECK_SHARED_STRING_VALUES)
                        .build()
                : new JsonFactory();
        snapshot = snapshot(tasks);
        bytes = tested.encode(snapshot);
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), bytes)) {
            tokens = Tokens.of(parser);
        }
    }

    /** How many bytes the snapshot takes. */
    int size() {
        return bytes.length;
    }

    private static WorkflowSnapshot snapshot(int tasks) {
        SplittableRandom random = new SplittableRandom(tasks);
        WorkflowSnapshot snapshot = WorkflowSnapshot.start("order-4711", "fulfilment-v1", text(random));
        for (int task = 0; task < tasks; task++) {
            snapshot = snapshot.completeTask("step-" + task, text(random)).moveTo(new AtTask("step-" + (task + 1)));
        }
        return snapshot;
    }

    private static Payload text(SplittableRandom random) {
        byte[] letters = new byte[98];
        for (int i = 0; i < letters.length; i++) {
            letters[i] = (byte) random.nextInt('a', 'z' + 1);
        }
        return Payload.utf8('"' + new String(letters, StandardCharsets.US_ASCII) + '"');
    }

    /** @return what the codec writes */
    @Benchmark
    public byte[] encode() {
        return tested.encode(snapshot);
    }

    /** @return what the codec reads */
    @Benchmark
    public WorkflowSnapshot decode() {
        return tested.decode(bytes);
    }

    /** @return what Jackson writes, given the tokens */
    @Benchmark
    public byte[] jacksonWrites() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator generator = factory.createGenerator(ObjectWriteContext.empty(), out, JsonEncoding.UTF8)) {
            tokens.write(generator);
        }
        return out.toByteArray();
    }

    /** @param used takes every value that Jackson reads */
    @Benchmark
    public void jacksonReads(Blackhole used) {
        try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), bytes)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                switch (token) {
                    case PROPERTY_NAME, VALUE_STRING -> used.consume(parser.getString());
                    case VALUE_NUMBER_INT -> used.consume(parser.getLongValue());
                    case VALUE_NUMBER_FLOAT -> used.consume(parser.getDoubleValue());
                    case VALUE_EMBEDDED_OBJECT -> used.consume(parser.getBinaryValue());
                    default -> used.consume(token);
                }
            }
        }
    }
}
