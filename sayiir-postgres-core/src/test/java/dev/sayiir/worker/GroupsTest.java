package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.testing.LogLines;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.UncategorizedSQLException;

/** How results are stored together, and that each of them has its own end. */
class GroupsTest extends WorkerContractTest {

    private static final int MANY = 20;

    private InterceptedClaims calls;
    private final List<List<String>> groups = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final Map<String, TaskClaim> claimed = new ConcurrentHashMap<>();
    private final Map<String, End> ends = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();
    private final AtomicBoolean noPolls = new AtomicBoolean();
    private final CountDownLatch underWay = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @BeforeEach
    void intercept() {
        calls = new InterceptedClaims(claims);
        claims = calls.store();
        calls.on("claimAvailableTasks", (arguments, proceed) -> {
            List<ClaimedTask> tasks = noPolls.get() ? List.of() : claimedTasks(proceed.call());
            tasks.forEach(task -> claimed.put(task.claim().instanceId(), task.claim()));
            return tasks;
        });
    }

    @SuppressWarnings("unchecked")
    private static List<ClaimedTask> claimedTasks(Object result) {
        return (List<ClaimedTask>) result;
    }

    @SuppressWarnings("unchecked")
    private static List<TaskCommit> commits(Object[] arguments) {
        return (List<TaskCommit>) arguments[0];
    }

    @SuppressWarnings("unchecked")
    private static List<CommitResult> results(Object result) {
        return (List<CommitResult>) result;
    }

    private static List<String> instances(Object[] arguments) {
        return commits(arguments).stream()
                .map(commit -> commit.claim().instanceId())
                .toList();
    }

    private FunctionHandler<String> first() {
        return task("first", (in, task) -> {
            threads.add(Thread.currentThread());
            runs.computeIfAbsent(task.instanceId(), id -> new AtomicInteger()).incrementAndGet();
            return TaskOutcome.complete("done");
        });
    }

    private TaskWorkerBuilder wide(TaskHandler<?>... handlers) {
        return worker(handlers).concurrency(100).batchSize(100).listener(new TaskWorkerListener() {
            @Override
            public void taskEnded(TaskClaim claim, End end) {
                ends.put(claim.instanceId(), end);
            }
        });
    }

    /** The first group is held up until the results of all others wait. */
    private void storeOneAndGather(int others) {
        calls.on("commitTasks", (arguments, proceed) -> {
            groups.add(instances(arguments));
            if (groups.size() == 1) {
                underWay.countDown();
                goOn.await();
            }
            return proceed.call();
        });
        begin("order-0");
        await().until(() -> underWay.getCount() == 0);
        for (int i = 1; i <= others; i++) {
            begin("order-" + i);
        }
        await().until(() -> threads.size() == others + 1
                && threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING));
    }

    @Test
    void R20_results_that_come_while_a_group_is_being_stored_are_stored_together() {
        start(wide(first()));
        storeOneAndGather(MANY);

        goOn.countDown();

        for (int i = 0; i <= MANY; i++) {
            assertThat(resultOf("order-" + i)).isEqualTo("\"done\"");
        }
        assertThat(groups).hasSize(2);
        assertThat(groups.get(0)).containsExactly("order-0");
        assertThat(groups.get(1)).hasSize(MANY).doesNotHaveDuplicates();
    }

    @Test
    void R20_a_group_is_bounded_in_number() {
        start(wide(first()));
        storeOneAndGather(GroupCommit.MOST + 6);

        goOn.countDown();

        await().until(() -> ends.size() == 1 + GroupCommit.MOST + 6);
        assertThat(groups).extracting(List::size).containsExactly(1, GroupCommit.MOST, 6);
    }

    /** A result is stored as the output of its task and as that of the workflow. */
    @Test
    void R20_a_group_is_bounded_in_bytes() {
        Payload third = Payload.of(new byte[(int) (GroupCommit.MOST_BYTES / 6)]);
        start(wide(task("first", (in, task) -> {
            threads.add(Thread.currentThread());
            return TaskOutcome.complete(task.instanceId().equals("order-0") ? "small" : third);
        })));
        storeOneAndGather(7);

        goOn.countDown();

        await().until(() -> ends.size() == 8);
        assertThat(groups).extracting(List::size).containsExactly(1, 3, 3, 1);
    }

    @Test
    void R27_a_group_in_which_every_second_claim_is_lost_stores_the_other_half() {
        start(wide(first()).claims(HOUR, HOUR.minusMinutes(1)));
        storeOneAndGather(MANY);
        noPolls.set(true);
        for (int i = 2; i <= MANY; i += 2) {
            TaskClaim claim = claimed.get("order-" + i);
            assertThat(claims.releaseTaskClaim(claim)).isTrue();
            assertThat(claims.claimTask("order-" + i, "first", "other", HOUR)).isPresent();
        }

        goOn.countDown();

        for (int i = 1; i <= MANY; i++) {
            String order = "order-" + i;
            End end = i % 2 == 0 ? End.LOST : End.COMMITTED;
            await().untilAsserted(() -> assertThat(ends).containsEntry(order, end));
            assertThat(workflows.status(order))
                    .isEqualTo(i % 2 == 0 ? WorkflowStatus.IN_PROGRESS : WorkflowStatus.COMPLETED);
        }
        assertThat(groups).hasSize(2);
    }

    @Test
    void R27_an_instance_that_somebody_has_locked_delays_only_its_own_result_and_keeps_its_claim() {
        AtomicBoolean locked = new AtomicBoolean(true);
        AtomicInteger tries = new AtomicInteger();
        calls.on("commitTasks", (arguments, proceed) -> {
            if (!locked.get() || !instances(arguments).contains("locked")) {
                return proceed.call();
            }
            tries.incrementAndGet();
            List<TaskCommit> others = commits(arguments).stream()
                    .filter(commit -> !commit.claim().instanceId().equals("locked"))
                    .toList();
            List<CommitResult> stored = new ArrayList<>(results(calls.store().commitTasks(others)));
            stored.add(instances(arguments).indexOf("locked"), new CommitResult.Locked());
            return stored;
        });
        begin("locked");
        start(wide(first()).claims(Duration.ofMillis(400), Duration.ofMillis(50)));
        for (int i = 0; i < MANY; i++) {
            begin("order-" + i);
        }
        for (int i = 0; i < MANY; i++) {
            assertThat(resultOf("order-" + i)).isEqualTo("\"done\"");
        }
        await().until(() -> tries.get() >= 10);
        assertThat(workflows.status("locked")).isEqualTo(WorkflowStatus.IN_PROGRESS);

        locked.set(false);

        assertThat(resultOf("locked")).isEqualTo("\"done\"");
        assertThat(runs.values()).allMatch(count -> count.get() == 1);
    }

    /** One result that the server refuses, now and for ever. */
    @Tag("slow") // it waits between all the tries
    @Test
    void R27_a_result_that_fails_whatever_it_is_stored_with_is_given_up_and_the_others_are_stored() {
        AtomicInteger tries = new AtomicInteger();
        List<String> alone = new CopyOnWriteArrayList<>();
        calls.on("commitTasks", (arguments, proceed) -> {
            List<String> instances = instances(arguments);
            if (!instances.contains("bad")) {
                return proceed.call();
            } else if (instances.size() == 1) {
                alone.add("bad");
            }
            tries.incrementAndGet();
            throw damaged();
        });
        List<String> renewed = renewals();
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            begin("bad");
            start(wide(first()).claims(Duration.ofMinutes(5), SOON));
            for (int i = 0; i < MANY; i++) {
                begin("order-" + i);
            }
            for (int i = 0; i < MANY; i++) {
                assertThat(resultOf("order-" + i)).isEqualTo("\"done\"");
            }
            await().untilAsserted(() -> assertThat(ends).containsEntry("bad", End.RELEASED));
            assertThat(alone).hasSize(Committer.MOST_FAILURES);
            assertThat(tries.get()).isLessThanOrEqualTo(Committer.MOST_FAILURES + 1);
            assertThat(log.lines())
                    .noneMatch(line -> line.contains("The store cannot be used"))
                    .filteredOn(line -> line.contains("cannot be stored although"))
                    .singleElement()
                    .asString()
                    .startsWith("WARN")
                    .contains("instance 'bad'", "UncategorizedSQLException");
        }
        renewed.clear();
        begin("later");
        assertThat(resultOf("later")).isEqualTo("\"done\"");
        assertThat(renewed).doesNotContain("bad");
        assertThat(runs.values()).allMatch(count -> count.get() == 1);
    }

    /** Which instances' claims are asked to be renewed. */
    private List<String> renewals() {
        List<String> renewed = new CopyOnWriteArrayList<>();
        calls.on("extendTaskClaims", (arguments, proceed) -> {
            for (Object claim : (Iterable<?>) arguments[0]) {
                renewed.add(((TaskClaim) claim).instanceId());
            }
            return proceed.call();
        });
        return renewed;
    }

    private static UncategorizedSQLException damaged() {
        return new UncategorizedSQLException("commit", null, new SQLException("missing chunk", "XX001"));
    }

    @Test
    void R28_results_that_wait_to_be_stored_keep_their_claims() {
        List<String> renewed = renewals();
        start(wide(first()).claims(Duration.ofMinutes(5), SOON));
        storeOneAndGather(3);
        renewed.clear();

        await().untilAsserted(() -> assertThat(renewed).contains("order-0", "order-1", "order-2", "order-3"));
        goOn.countDown();
        for (int i = 0; i <= 3; i++) {
            assertThat(resultOf("order-" + i)).isEqualTo("\"done\"");
        }
    }

    /** Whatever follows from it is free at once for others, as nobody here is going to do it. */
    @Test
    void R30_what_is_carried_on_to_while_the_worker_stops_is_given_back() {
        TaskWorker worker = start(wide(
                task("first", (in, task) -> TaskOutcome.next("second", "out")),
                task("second", (in, task) -> TaskOutcome.complete("done"))));
        calls.on("commitTasks", (arguments, proceed) -> {
            Object result = proceed.call();
            underWay.countDown();
            FailureTest.waitWhateverComes(goOn);
            return result;
        });
        begin("order-1");
        await().until(() -> underWay.getCount() == 0);

        worker.stop(Duration.ZERO);
        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 10, HOUR))).isEmpty();
        goOn.countDown();

        await().untilAsserted(() -> assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 10, HOUR)))
                .hasSize(1));
        assertThat(claims.claimTask("order-1", "second", "other", HOUR).orElseThrow())
                .satisfies(claim -> assertThat(claim.crashes()).isZero());
    }
}
