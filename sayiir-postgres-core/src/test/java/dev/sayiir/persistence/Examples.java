package dev.sayiir.persistence;

import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.ExecutionPosition.NotStarted;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.SnapshotBuilder;
import dev.sayiir.workflow.TaskDeadline;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Snapshots and texts to try the stores with. */
final class Examples {

    static final Instant THEN = Instant.parse("2024-02-29T23:59:59Z");
    static final Instant TO_THE_NANOSECOND = Instant.parse("2024-02-29T23:59:59.123456789Z");
    static final long MAX_UNSIGNED_32 = 4_294_967_295L;

    private Examples() {}

    /** A new instance at its first task. */
    static WorkflowSnapshot order(String instanceId) {
        return WorkflowSnapshot.start(instanceId, "fulfilment-v1", Payload.utf8("tea"))
                .moveTo(new AtTask("reserve"));
    }

    /** The same, as if it had been created at another time: another instance, even under the same id. */
    static WorkflowSnapshot orderCreatedAt(String instanceId, Instant createdAt) {
        return order(instanceId).toBuilder().createdAt(createdAt).build();
    }

    static Payload output(String text) {
        return Payload.utf8(text);
    }

    static Stream<WorkflowState> terminalStates() {
        return Stream.of(
                new Completed(output("done")),
                new Failed("card declined"),
                new Cancelled(Optional.of("out of stock"), Optional.of("ann"), THEN, some(), Optional.of("charge")));
    }

    /** Every state at every position, with as many and as few optional parts as there can be. */
    static Stream<WorkflowState> states() {
        List<WorkflowState> states = new ArrayList<>();
        for (ExecutionPosition position : positions()) {
            states.add(new InProgress(position, CompletedTasks.none(), Optional.empty()));
            states.add(new InProgress(position, some(), Optional.of("pack")));
            states.add(
                    new Paused(Optional.of("audit"), Optional.of("ann"), THEN, some(), position, Optional.of("pack")));
        }
        states.add(new Paused(
                Optional.empty(), Optional.empty(), THEN, CompletedTasks.none(), new NotStarted(), Optional.empty()));
        states.add(new Completed(Payload.empty()));
        states.add(new Failed(""));
        states.add(new Cancelled(Optional.empty(), Optional.empty(), THEN, CompletedTasks.none(), Optional.empty()));
        return Stream.concat(states.stream(), terminalStates());
    }

    static List<ExecutionPosition> positions() {
        Map<String, TaskResult> branches = new LinkedHashMap<>();
        branches.put("left", new TaskResult("pick", output("picked")));
        branches.put("right", new TaskResult("print-label", Payload.empty()));
        return List.of(
                new NotStarted(),
                new AtTask("reserve"),
                new AtFork("pick||print-label", Map.of(), THEN),
                new AtFork("x".repeat(1024), branches, TO_THE_NANOSECOND),
                new AtFork(
                        "ship",
                        Map.of(),
                        THEN,
                        Map.of("parcel", Branch.of("wrap"), "invoice", Branch.of("bill", output("42"))),
                        Optional.of("pack")),
                new AtFork(
                        "ship",
                        branches,
                        THEN,
                        Map.of("parcel", Branch.of("wrap"), "left", Branch.of("pick")),
                        Optional.empty()),
                new AtJoin("ship", Map.of()),
                new AtJoin("ship", branches),
                new AtDelay("cool-off", THEN, TO_THE_NANOSECOND, Optional.of("charge")),
                new AtDelay("cool-off", THEN, THEN, Optional.empty()),
                new AtSignal("await-payment", "paid", Optional.empty(), Optional.empty()),
                new AtSignal("await-payment", "paid", Optional.of(TO_THE_NANOSECOND), Optional.of("charge")),
                new InLoop("poll-carrier", 0, Optional.empty()),
                new InLoop("poll-carrier", MAX_UNSIGNED_32, Optional.of("charge")));
    }

    /** With a value in every part that a snapshot has beside its state. */
    static SnapshotBuilder withEverything(String instanceId) {
        return WorkflowSnapshot.builder(instanceId, "fulfilment-v2")
                .createdAt(THEN)
                .updatedAt(THEN.plusSeconds(5))
                .initialInput(Payload.of(new byte[] {0, -1, 127, -128}))
                .taskDeadline(Optional.of(new TaskDeadline("reserve", TO_THE_NANOSECOND, Long.MAX_VALUE)))
                .taskRetry("reserve", new TaskRetry(1, onceMore(), "timed out", Optional.of("worker-1"), THEN))
                .taskRetry("charge", new TaskRetry(MAX_UNSIGNED_32, noMore(), "", Optional.empty(), TO_THE_NANOSECOND))
                .loopIteration("poll-carrier", MAX_UNSIGNED_32)
                .loopIteration("count-stock", 0)
                .taskPriority(TaskPriority.CRITICAL)
                .taskTags(List.of("gpu", "eu-west"))
                .traceParent(Optional.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    }

    static RetryPolicy onceMore() {
        return new RetryPolicy(
                MAX_UNSIGNED_32,
                Duration.ofMillis(1),
                1.1f,
                Optional.of(Duration.ofDays(365_000).plusNanos(1)));
    }

    private static RetryPolicy noMore() {
        return new RetryPolicy(0, Duration.ZERO, 0f, Optional.empty());
    }

    /** Two tasks, one of which gave back no bytes. */
    static CompletedTasks some() {
        Map<String, Payload> outputs = new LinkedHashMap<>();
        outputs.put("reserve", output("shelf 7"));
        outputs.put("pack", Payload.empty());
        return CompletedTasks.of(outputs);
    }

    static CompletedTasks many(int count) {
        Map<String, Payload> outputs = new LinkedHashMap<>();
        IntStream.range(0, count).forEach(i -> outputs.put("task-" + i, output("output " + i)));
        return CompletedTasks.of(outputs);
    }

    /** Texts that trip up careless quoting, patterns, arrays, JSON and sort orders. */
    static Stream<String> awkwardIds() {
        return Stream.of(
                "it's \"quoted\"",
                "a:b::c",
                "back\\slash\\",
                "{curly,\"NULL\",}",
                "NULL",
                "%_*?",
                "$1 $$ ? :name ?? @>",
                "--; DROP TABLE sayiir_workflows; /*",
                " space ",
                "\u0001 \t\r\n\u007f\u0085\u2028",
                "../..//x y&z=1#f",
                "é\u0301 ß ı İ",
                "\u200e\u202eleft\ufeff",
                "\uffff\ufffe\ufdd0\ue000",
                "日本語",
                everyPlane(),
                "x".repeat(256),
                "😀".repeat(64));
    }

    /** One character of each of the 17 planes. */
    static String everyPlane() {
        return IntStream.rangeClosed(0, 16)
                .map(plane -> plane * 0x10000 + 0xabcd)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** Texts that are no ids. */
    static Stream<String> badIds() {
        return Stream.of(
                "",
                "x".repeat(257),
                "é".repeat(128) + "x",
                "😀".repeat(64) + "x",
                "nul\u0000",
                "high \ud83d",
                "\ude00 low",
                "\ude00\ud83d");
    }
}
