package dev.sayiir.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.management.ThreadMXBean;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.dataformat.smile.SmileConstants;

class SnapshotCodecsTest {

    private static final String SECRET = "QZX-4711";

    private final WorkflowSnapshot snapshot = WorkflowSnapshot.start("order-1", "v1", Payload.utf8("tea"));
    private final SnapshotCodecs json = SnapshotCodecs.json();
    private final SnapshotCodecs smile =
            SnapshotCodecs.writing(new SmileSnapshotCodec()).build();

    @Test
    void R1_a_blob_is_read_by_codecs_that_write_another_form() {
        assertThat(smile.decode(json.encode(snapshot))).isEqualTo(snapshot);
        assertThat(json.decode(smile.encode(snapshot))).isEqualTo(snapshot);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 255})
    void R1_an_own_codec_writes_and_is_read_where_it_is_registered(int id) {
        SnapshotCodecs own = SnapshotCodecs.writing(new OtherCodec(id)).build();
        SnapshotCodecs reader = SnapshotCodecs.writing(new JsonSnapshotCodec())
                .reading(new OtherCodec(id))
                .build();

        byte[] blob = own.encode(snapshot);

        assertThat(blob).startsWith('S', 'Y', 'R', 'S', 1, id);
        assertThat(reader.decode(blob)).isEqualTo(snapshot);
        assertThat(own.decode(json.encode(snapshot))).isEqualTo(snapshot);
    }

    @Test
    void the_envelope_names_the_codec() {
        assertThat(json.writer()).isInstanceOf(JsonSnapshotCodec.class);
        assertThat(json.encode(snapshot)).startsWith('S', 'Y', 'R', 'S', 1, 1, '{');
        assertThat(smile.encode(snapshot)).startsWith('S', 'Y', 'R', 'S', 1, 16, ':', ')', '\n');
    }

    @Test
    void two_codecs_with_one_id_are_refused() {
        SnapshotCodecs.Builder builder = SnapshotCodecs.writing(new OtherCodec(64));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.reading(new OtherCodec(64)))
                .withMessageContaining("other-64");
    }

    @Test
    void the_built_in_codecs_cannot_be_registered_again() {
        SnapshotCodecs.Builder builder = SnapshotCodecs.writing(new JsonSnapshotCodec());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.reading(new SmileSnapshotCodec()))
                .withMessageContaining("smile");
        assertThatIllegalArgumentException().isThrownBy(() -> builder.reading(new JsonSnapshotCodec()));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1, 2, 16, 63, 256})
    void an_own_codec_needs_an_id_that_is_free_for_applications(int id) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> SnapshotCodecs.writing(new OtherCodec(id)))
                .withMessageContaining("id " + id);
    }

    @Test
    void a_limit_below_the_least_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> SnapshotCodecs.writing(new JsonSnapshotCodec()).maxBytes(4095))
                .withMessageContaining("4096");
    }

    @Test
    void R3_a_snapshot_above_the_limit_is_not_written() {
        WorkflowSnapshot large = snapshot.complete(Payload.of(new byte[4096]));
        SnapshotCodecs limited =
                SnapshotCodecs.writing(new SmileSnapshotCodec()).maxBytes(4096).build();

        assertThatThrownBy(() -> limited.encode(large))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasMessageContaining("takes " + smile.encode(large).length + " bytes as smile")
                .hasMessageContaining("limit is 4096")
                .hasMessageContaining("raise the limit");
    }

    @Test
    void R3_a_blob_above_the_limit_is_not_read_and_one_at_the_limit_is() {
        byte[] blob = smile.encode(snapshot.complete(Payload.of(new byte[5000])));
        SnapshotCodecs.Builder builder = SnapshotCodecs.writing(new JsonSnapshotCodec());

        assertThat(builder.maxBytes(blob.length).build().decode(blob).instanceId())
                .isEqualTo("order-1");
        assertThatThrownBy(() -> builder.maxBytes(blob.length - 1).build().decode(blob))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasMessageContaining("has " + blob.length + " bytes, and the limit is " + (blob.length - 1))
                .hasMessageContaining("raise the limit");
    }

    @Test
    void R3_what_was_written_at_the_limit_is_read_at_the_limit() {
        WorkflowSnapshot large = snapshot.complete(Payload.of(new byte[5000]));
        int size = smile.encode(large).length;
        SnapshotCodecs limited =
                SnapshotCodecs.writing(new SmileSnapshotCodec()).maxBytes(size).build();

        assertThat(limited.maxBytes()).isEqualTo(size);
        assertThat(limited.decode(limited.encode(large))).isEqualTo(large);
    }

    @Test
    void R3_the_byte_is_told_by_its_place_in_the_blob_whether_or_not_there_is_an_envelope() {
        assertRefused("{\"task_tags\":{}".getBytes(UTF_8), "at task_tags (byte 14): an array is needed");
        assertRefused(
                "SYRS\u0001\u0001{\"task_tags\":{}".getBytes(UTF_8), "at task_tags (byte 20): an array is needed");
        byte[] blob = smile.encode(snapshot);
        blob[Envelope.BYTES + 4] = SmileConstants.TOKEN_LITERAL_START_ARRAY;
        assertRefused(blob, "(byte " + (Envelope.BYTES + 5) + "): an object is needed, and there is an array");
    }

    @Test
    void R3_an_envelope_without_a_payload_is_refused() {
        assertRefused(Envelope.header(SnapshotCodec.JSON_ID), "an object is needed, and there is nothing");
    }

    @Test
    void R3_what_is_not_even_the_format_is_refused_as_that() {
        assertRefused("{x".getBytes(UTF_8), "(byte ", "): this is no JSON. It is damaged");
    }

    @Test
    void a_store_tells_which_checkpoint_cannot_be_read() {
        SnapshotSerializationException problem = new SnapshotSerializationException("It is damaged");

        assertThat(problem.of("order-1", 3)).hasMessage("Instance 'order-1', version 3: It is damaged");
        assertThat(problem.of("order-1", 0)).hasMessage("Instance 'order-1': It is damaged");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "S", "SYR", "SYRT\u0001\u0001{}", "garbage", "\u0000\u0000\u0000\u0000", " {}", "[]"})
    void R3_bytes_without_the_magic_are_refused(String blob) {
        assertRefused(blob.getBytes(UTF_8), "are no snapshot", "begin neither with SYRS nor as JSON", "Check that");
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5})
    void R3_a_truncated_header_is_refused(int bytes) {
        assertRefused(Arrays.copyOf(json.encode(snapshot), bytes), "ends after " + bytes + " bytes", "earlier version");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2, 255})
    void R3_another_version_of_the_format_is_refused(int version) {
        assertRefused(changed(4, version), "has version " + version, "reads version 1", "Use a version");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 64, 255})
    void R3_an_unknown_codec_is_refused(int codec) {
        assertRefused(changed(5, codec), "written with codec " + codec, "Register it");
    }

    @Test
    void R3_the_rkyv_codec_of_Sayiir_is_refused_by_name() {
        assertRefused(changed(5, 2), "rkyv", "Have that write JSON");
    }

    @Test
    void R3_a_payload_of_another_codec_is_refused() {
        assertRefused(changed(5, SnapshotCodec.SMILE_ID), "not readable as Smile");
        byte[] blob = smile.encode(snapshot);
        blob[5] = SnapshotCodec.JSON_ID;
        assertRefused(blob, "not readable as JSON");
    }

    @Test
    void R3_every_truncation_is_refused() {
        for (SnapshotCodecs codecs : new SnapshotCodecs[] {json, smile}) {
            byte[] blob = codecs.encode(snapshot);
            for (int bytes = 0; bytes < blob.length; bytes++) {
                assertRefused(Arrays.copyOf(blob, bytes), "");
            }
        }
    }

    @Test
    void R3_whatever_follows_a_snapshot_is_refused() {
        for (String rest : new String[] {"{}", "x", "}", "\u0000", "\u007f"}) {
            assertRefused(joined(json.encode(snapshot), rest.getBytes(UTF_8)), "not readable as JSON");
            assertRefused(joined(smile.encode(snapshot), rest.getBytes(UTF_8)), "not readable as Smile");
        }
        assertThat(json.decode(joined(json.encode(snapshot), " \n".getBytes(UTF_8))))
                .isEqualTo(snapshot);
    }

    @Test
    void R3_what_follows_the_end_mark_of_Smile_is_refused() {
        byte[] endMarkAndMore = {(byte) 0xFF, 1, 2, 3};

        assertRefused(joined(smile.encode(snapshot), endMarkAndMore), "something follows the snapshot");
    }

    @Test
    void R3_over_deep_nesting_is_refused() {
        for (int depth : new int[] {100, 1_000_000}) {
            String nested = "{\"later_field\":" + "[".repeat(depth);
            assertRefused(nested.getBytes(UTF_8), "its nesting is too deep");
        }
    }

    @Test
    void R3_a_size_that_is_only_declared_is_not_allocated() {
        // {"initial_input": <raw binary of 2 GiB minus 64 bytes, none of which is there>
        byte[] head = smile.encode(WorkflowSnapshot.start("a", "b", Payload.of(new byte[100])));
        int at = lastIndexOfRawBinary(head);
        byte[] blob = joined(Arrays.copyOf(head, at + 1), new byte[] {0x0F, 0x7F, 0x7F, 0x7F, (byte) 0x80, 1, 2, 3});

        assertRefused(blob, "not readable as Smile");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertRefused(blob, "it ends too early");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000_000);
    }

    @Test
    void R3_a_failing_own_codec_becomes_a_serialization_exception() {
        SnapshotCodecs own = SnapshotCodecs.writing(new OtherCodec(64)).build();
        byte[] blob = joined(Envelope.header(64), SECRET.getBytes(UTF_8));

        SnapshotSerializationException thrown =
                catchThrowableOfType(SnapshotSerializationException.class, () -> own.decode(blob));

        assertThat(thrown).hasMessageContaining("other-64").hasMessageContaining("IllegalStateException");
        assertThat(thrown.getCause().getStackTrace()[0].getClassName()).isEqualTo(OtherCodec.class.getName());
        assertThat(printed(thrown)).doesNotContain("QZX");
    }

    @Test
    void R3_an_own_codec_that_exhausts_the_stack_becomes_a_serialization_exception() {
        SnapshotCodecs own = SnapshotCodecs.writing(new EndlessCodec()).build();

        assertThatThrownBy(() -> own.decode(Envelope.header(64)))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasMessageContaining("StackOverflowError");
        assertThatThrownBy(() -> own.encode(snapshot)).isInstanceOf(SnapshotSerializationException.class);
    }

    @Test
    void R3_an_own_codec_whose_classes_are_missing_becomes_a_serialization_exception() {
        SnapshotCodecs own = SnapshotCodecs.writing(new UnlinkedCodec()).build();

        assertThatThrownBy(() -> own.decode(Envelope.header(64)))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasMessageContaining("NoClassDefFoundError");
        assertThatThrownBy(() -> own.encode(snapshot)).isInstanceOf(SnapshotSerializationException.class);
    }

    /** As in a build whose libraries do not fit together. */
    private static final class UnlinkedCodec implements SnapshotCodec {

        @Override
        public int id() {
            return 64;
        }

        @Override
        public String name() {
            return "unlinked";
        }

        @Override
        public byte[] encode(WorkflowSnapshot snapshot) {
            throw new NoClassDefFoundError("com/acme/Money");
        }

        @Override
        public WorkflowSnapshot decode(byte[] blob) {
            throw new NoClassDefFoundError("com/acme/Money");
        }
    }

    private static final class EndlessCodec implements SnapshotCodec {
        @Override
        public int id() {
            return 64;
        }

        @Override
        public String name() {
            return "endless";
        }

        @Override
        @SuppressWarnings("InfiniteRecursion")
        public byte[] encode(WorkflowSnapshot snapshot) {
            return encode(snapshot);
        }

        @Override
        @SuppressWarnings("InfiniteRecursion")
        public WorkflowSnapshot decode(byte[] bytes) {
            return decode(bytes);
        }
    }

    @Tag("slow") // it prints the traces of very many exceptions
    @Test
    void R3_no_exception_shows_content() {
        WorkflowSnapshot secret = Secrets.everywhere(SECRET);
        int refused = 0;
        for (byte[] blob : new byte[][] {json.encode(secret), smile.encode(secret), headerless(secret)}) {
            for (int at = 0; at < blob.length; at++) {
                refused += showsNothing(Arrays.copyOf(blob, at));
                for (byte other : new byte[] {0, '"', '}', '9', -1}) {
                    byte[] changed = blob.clone();
                    changed[at] = other;
                    refused += showsNothing(changed);
                }
            }
        }
        assertThat(refused).isGreaterThan(5_000);
    }

    private int showsNothing(byte[] blob) {
        try {
            json.decode(blob);
            return 0;
        } catch (SnapshotSerializationException e) {
            assertThat(printed(e.of("order-1", 3))).doesNotContain("QZX");
            return 1;
        }
    }

    private byte[] headerless(WorkflowSnapshot secret) {
        return new JsonSnapshotCodec().encode(secret);
    }

    private void assertRefused(byte[] blob, String... messageParts) {
        assertThatThrownBy(() -> json.decode(blob))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasMessageContainingAll(messageParts);
    }

    private byte[] changed(int at, int value) {
        byte[] blob = json.encode(snapshot);
        blob[at] = (byte) value;
        return blob;
    }

    private static int lastIndexOfRawBinary(byte[] blob) {
        for (int i = blob.length - 1; i > 0; i--) {
            if (blob[i] == (byte) 0xFD) {
                return i;
            }
        }
        throw new AssertionError("no raw binary value");
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static String printed(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }
}
