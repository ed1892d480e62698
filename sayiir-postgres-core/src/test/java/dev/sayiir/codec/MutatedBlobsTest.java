package dev.sayiir.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.Snapshots;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MutatedBlobsTest {

    private static final int BLOBS = Integer.getInteger("sayiir.test.blobs", 1_000_000);
    private static final int PARTS = 16;
    private static final int MAX_BASE_BYTES = 500;

    private final List<SnapshotCodecs> writers = List.of(
            SnapshotCodecs.json(),
            SnapshotCodecs.writing(new SmileSnapshotCodec()).build());
    private final AtomicInteger readable = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();

    @Test
    void R3_a_million_broken_blobs_give_a_snapshot_or_a_serialization_exception() {
        SplittableRandom random = Snapshots.seeded("broken blobs");
        List<byte[]> bases = bases(random.split());
        List<SplittableRandom> parts =
                IntStream.range(0, PARTS).mapToObj(part -> random.split()).toList();

        parts.parallelStream().forEach(part -> {
            for (int i = 0; i < BLOBS / PARTS; i++) {
                decode(broken(bases, part));
            }
        });

        System.out.println(readable + " still readable, " + refused + " refused");
        assertThat(readable.get() + refused.get()).isEqualTo(BLOBS);
        assertThat(readable).hasPositiveValue();
        assertThat(refused).hasValueGreaterThan(BLOBS / 2);
    }

    /** Half of them JSON, half Smile. */
    private List<byte[]> bases(SplittableRandom random) {
        List<byte[]> bases = new ArrayList<>();
        while (bases.size() < 400) {
            WorkflowSnapshot snapshot = Snapshots.random(random);
            List<byte[]> blobs =
                    writers.stream().map(codecs -> codecs.encode(snapshot)).toList();
            if (blobs.get(0).length <= MAX_BASE_BYTES) {
                bases.addAll(blobs);
            }
        }
        return bases;
    }

    private void decode(byte[] blob) {
        try {
            writers.get(0).decode(blob).instanceId();
            readable.incrementAndGet();
        } catch (SnapshotSerializationException e) {
            refused.incrementAndGet();
        } catch (Throwable e) {
            throw new AssertionError("Neither read nor refused: " + Arrays.toString(blob), e);
        }
    }

    private static byte[] broken(List<byte[]> bases, SplittableRandom random) {
        byte[] blob = bases.get(random.nextInt(bases.size())).clone();
        for (int times = random.nextInt(1, 4); times > 0; times--) {
            blob = brokenOnce(blob, bases, random);
        }
        return blob;
    }

    private static byte[] brokenOnce(byte[] blob, List<byte[]> bases, SplittableRandom random) {
        if (blob.length == 0) {
            return blob;
        }
        int at = random.nextInt(blob.length);
        switch (random.nextInt(6)) {
            case 0 -> blob[at] = (byte) random.nextInt();
            case 1 -> blob[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> {
                return Arrays.copyOf(blob, at);
            }
            case 3 -> {
                byte[] other = bases.get(random.nextInt(bases.size()));
                return joined(blob, at, other, random.nextInt(other.length), other.length);
            }
            case 4 -> {
                byte[] inserted = new byte[random.nextInt(1, 8)];
                random.nextBytes(inserted);
                return joined(
                        joined(blob, at, inserted, 0, inserted.length), at + inserted.length, blob, at, blob.length);
            }
            default -> {
                return joined(blob, at, blob, random.nextInt(at, blob.length), blob.length);
            }
        }
        return blob;
    }

    /** The first bytes of one array, then a range of another. */
    private static byte[] joined(byte[] head, int headBytes, byte[] tail, int from, int to) {
        byte[] joined = Arrays.copyOf(head, headBytes + to - from);
        System.arraycopy(tail, from, joined, headBytes, to - from);
        return joined;
    }
}
