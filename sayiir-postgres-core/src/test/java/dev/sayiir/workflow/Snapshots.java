package dev.sayiir.workflow;

import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.ExecutionPosition.NotStarted;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Snapshots for tests, with everything that the model allows: the ends of every range, zero-length outputs, text from
 * all planes of Unicode. One seed always gives the same ones.
 */
public final class Snapshots {

    private static final long FIRST_SECOND =
            Instant.parse("0000-01-01T00:00:00Z").getEpochSecond();
    private static final long LAST_SECOND =
            Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();
    private static final long MAX_UNSIGNED_32 = 0xFFFF_FFFFL;
    private static final int[] GRAINS = {1_000_000_000, 1_000_000, 1_000, 1};
    private static final float[] MULTIPLIERS = {0f, 1f, 1.1f, 1.5f, 2f, 1e10f, 1e-7f, Float.MIN_VALUE, Float.MAX_VALUE};

    private Snapshots() {}

    /**
     * @param use what the numbers are for, to be printed with the seed
     * @return random numbers from the seed in system property {@code sayiir.test.seed}, or else a fixed one
     */
    public static SplittableRandom seeded(String use) {
        long seed = Long.getLong("sayiir.test.seed", 20260731L);
        System.out.println(use + ": -Dsayiir.test.seed=" + seed);
        return new SplittableRandom(seed);
    }

    /**
     * @param random where the choices come from
     * @return any snapshot, with version 0
     */
    public static WorkflowSnapshot random(RandomGenerator random) {
        SnapshotBuilder snapshot = WorkflowSnapshot.builder(id(random), text(random, 1, Identifiers.MAX_BYTES))
                .state(state(random))
                .createdAt(unixTime(random))
                .updatedAt(unixTime(random))
                .taskDeadline(maybe(random, () -> deadline(random)))
                .taskPriority(TaskPriority.ofLevel(random.nextInt(1, 6)))
                .taskTags(Stream.generate(() -> id(random)).limit(few(random)).toList())
                .traceParent(maybe(random, () -> "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-01"));
        maybe(random, () -> payload(random)).ifPresent(snapshot::initialInput);
        map(random, taskId -> retry(random)).forEach(snapshot::taskRetry);
        map(random, loopId -> unsigned32(random)).forEach(snapshot::loopIteration);
        return snapshot.build();
    }

    /**
     * @param random where the choices come from
     * @return any of the five states
     */
    public static WorkflowState state(RandomGenerator random) {
        return switch (random.nextInt(5)) {
            case 0 -> new InProgress(position(random), completedTasks(random), maybe(random, () -> id(random)));
            case 1 -> new Completed(payload(random));
            case 2 -> new Failed(text(random, 0, 300));
            case 3 ->
                new Cancelled(
                        maybe(random, () -> text(random, 0, 300)),
                        maybe(random, () -> text(random, 0, 300)),
                        time(random),
                        completedTasks(random),
                        maybe(random, () -> id(random)));
            default ->
                new Paused(
                        maybe(random, () -> text(random, 0, 300)),
                        maybe(random, () -> text(random, 0, 300)),
                        time(random),
                        completedTasks(random),
                        position(random),
                        maybe(random, () -> id(random)));
        };
    }

    /**
     * @param random where the choices come from
     * @return any of the seven positions
     */
    public static ExecutionPosition position(RandomGenerator random) {
        return switch (random.nextInt(7)) {
            case 0 -> new NotStarted();
            case 1 -> new AtTask(id(random));
            case 2 ->
                new AtFork(
                        text(random, 1, Identifiers.MAX_FORK_ID_BYTES),
                        branches(random),
                        time(random),
                        toRun(random),
                        maybe(random, () -> id(random)));
            case 3 -> new AtJoin(id(random), branches(random));
            case 4 -> new AtDelay(id(random), time(random), time(random), maybe(random, () -> id(random)));
            case 5 ->
                new AtSignal(
                        id(random), id(random), maybe(random, () -> time(random)), maybe(random, () -> id(random)));
            default -> new InLoop(id(random), unsigned32(random), maybe(random, () -> id(random)));
        };
    }

    /**
     * @param random where the choices come from
     * @return a valid id of 1 to 256 bytes
     */
    public static String id(RandomGenerator random) {
        return switch (random.nextInt(8)) {
            case 0 -> text(random, 1, Identifiers.MAX_BYTES);
            case 1 -> TaskId.sha256("task-" + random.nextInt(1_000));
            default -> "task-" + random.nextInt(1_000_000);
        };
    }

    /**
     * @param random where the choices come from
     * @param minBytes at least so many bytes, 0 or 1
     * @param maxBytes at most so many bytes of UTF-8
     * @return storable text of characters from all planes
     */
    public static String text(RandomGenerator random, int minBytes, int maxBytes) {
        int limit = random.nextInt(4) == 0 ? maxBytes : Math.min(maxBytes, random.nextInt(minBytes, 40));
        StringBuilder text = new StringBuilder();
        int bytes = 0;
        while (true) {
            String next = Character.toString(character(random));
            bytes += next.getBytes(StandardCharsets.UTF_8).length;
            if (bytes > limit) {
                return text.length() < minBytes ? "x" : text.toString();
            }
            text.append(next);
        }
    }

    /**
     * @param random where the choices come from
     * @return a payload of no bytes, of a few or of some thousand
     */
    public static Payload payload(RandomGenerator random) {
        int size = switch (random.nextInt(16)) {
            case 0, 1 -> 0;
            case 2 -> random.nextInt(10_000);
            default -> random.nextInt(40);
        };
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return Payload.of(bytes);
    }

    /**
     * @param random where the choices come from
     * @return a time in the years 0000 to 9999, as exact as a second, a milli-, micro- or nanosecond
     */
    public static Instant time(RandomGenerator random) {
        int grain = GRAINS[random.nextInt(GRAINS.length)];
        int nanos = random.nextInt(1_000_000_000) / grain * grain;
        return Instant.ofEpochSecond(
                switch (random.nextInt(8)) {
                    case 0 -> FIRST_SECOND;
                    case 1 -> LAST_SECOND;
                    case 2 -> 0;
                    default -> random.nextLong(FIRST_SECOND, LAST_SECOND + 1);
                },
                nanos);
    }

    /**
     * @param random where the choices come from
     * @return any duration that is not negative
     */
    public static Duration duration(RandomGenerator random) {
        return switch (random.nextInt(4)) {
            case 0 -> Duration.ZERO;
            case 1 -> Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
            case 2 -> Duration.ofMillis(random.nextInt(100_000));
            default -> Duration.ofSeconds(random.nextLong(Long.MAX_VALUE), random.nextInt(1_000_000_000));
        };
    }

    private static TaskDeadline deadline(RandomGenerator random) {
        return new TaskDeadline(id(random), time(random), random.nextLong() >>> random.nextInt(1, 64));
    }

    private static TaskRetry retry(RandomGenerator random) {
        RetryPolicy policy = new RetryPolicy(
                unsigned32(random), duration(random), multiplier(random), maybe(random, () -> duration(random)));
        Optional<String> worker = maybe(random, () -> text(random, 0, 60));
        return new TaskRetry(unsigned32(random), policy, text(random, 0, 300), worker, time(random));
    }

    private static float multiplier(RandomGenerator random) {
        if (random.nextBoolean()) {
            return MULTIPLIERS[random.nextInt(MULTIPLIERS.length)];
        }
        float any = Float.intBitsToFloat(random.nextInt() & Integer.MAX_VALUE);
        return Float.isFinite(any) ? any : 3f;
    }

    private static CompletedTasks completedTasks(RandomGenerator random) {
        return CompletedTasks.of(map(random, taskId -> payload(random)));
    }

    private static Map<String, Branch> toRun(RandomGenerator random) {
        Map<String, Branch> branches = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            branches.put(id(random), new Branch("task-" + i, maybe(random, () -> payload(random))));
        }
        return branches;
    }

    private static Map<String, TaskResult> branches(RandomGenerator random) {
        return map(random, label -> new TaskResult(id(random), payload(random)));
    }

    private static <T> Map<String, T> map(RandomGenerator random, Function<String, T> value) {
        Map<String, T> map = new LinkedHashMap<>();
        for (int left = few(random); left > 0; left--) {
            String key = id(random);
            map.put(key, value.apply(key));
        }
        return map;
    }

    private static <T> Optional<T> maybe(RandomGenerator random, Supplier<T> value) {
        return random.nextBoolean() ? Optional.of(value.get()) : Optional.empty();
    }

    private static int few(RandomGenerator random) {
        return Math.max(0, random.nextInt(-4, 5));
    }

    private static long unsigned32(RandomGenerator random) {
        return switch (random.nextInt(4)) {
            case 0 -> 0;
            case 1 -> MAX_UNSIGNED_32;
            default -> random.nextLong(MAX_UNSIGNED_32) >>> random.nextInt(32);
        };
    }

    private static Instant unixTime(RandomGenerator random) {
        return Instant.ofEpochSecond(random.nextInt(8) == 0 ? LAST_SECOND : random.nextLong(LAST_SECOND + 1));
    }

    /** Anything but NUL and surrogates; half of it from where quoting and escaping happen. */
    private static int character(RandomGenerator random) {
        if (random.nextBoolean()) {
            return random.nextInt(1, 0x80);
        }
        int character = random.nextInt(17) << 16 | random.nextInt(0x1_0000);
        return character == 0 || (character >= 0xD800 && character <= 0xDFFF) ? 0xFFFF : character;
    }
}
