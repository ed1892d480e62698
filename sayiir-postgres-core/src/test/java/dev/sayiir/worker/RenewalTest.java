package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.LogLines;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.WorkflowStatus;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.QueryTimeoutException;

/** As long as a worker lives, what it has is not taken from it. */
class RenewalTest extends WorkerContractTest {

    private static final Duration TTL = Duration.ofMinutes(7);

    private InterceptedClaims calls;
    private final List<Duration> ttls = new CopyOnWriteArrayList<>();
    private final List<List<String>> renewals = new CopyOnWriteArrayList<>();
    private final Map<String, End> ends = new ConcurrentHashMap<>();
    private final AtomicInteger begun = new AtomicInteger();
    private final CountDownLatch goOn = new CountDownLatch(1);

    @BeforeEach
    void intercept() {
        calls = new InterceptedClaims(claims);
        claims = calls.store();
        calls.on("extendTaskClaims", (arguments, proceed) -> {
            note(arguments);
            return proceed.call();
        });
    }

    private void note(Object[] arguments) {
        renewals.add(instances(arguments));
        ttls.add((Duration) arguments[1]);
    }

    private static List<String> instances(Object[] arguments) {
        return ((Collection<?>) arguments[0])
                .stream().map(claim -> ((TaskClaim) claim).instanceId()).toList();
    }

    private FunctionHandler<String> blocking() {
        return task("first", (in, task) -> {
            begun.incrementAndGet();
            goOn.await();
            return TaskOutcome.complete("done");
        });
    }

    private TaskWorkerBuilder listened(TaskHandler<?>... handlers) {
        return worker(handlers).listener(new TaskWorkerListener() {
            @Override
            public void taskEnded(TaskClaim claim, End end) {
                ends.put(claim.instanceId(), end);
            }
        });
    }

    @Test
    void R28_a_claim_is_renewed_for_its_whole_time() {
        start(worker(blocking()).claims(TTL, SOON));
        begin("order-1");

        await().until(() -> renewals.size() >= 3);

        assertThat(ttls).containsOnly(TTL);
        goOn.countDown();
    }

    @Test
    void R28_a_handler_that_does_not_heed_the_end_of_its_time_keeps_its_claim_until_its_failure_is_stored() {
        CountDownLatch storing = new CountDownLatch(1);
        CountDownLatch stored = new CountDownLatch(1);
        calls.on("commitTasks", (arguments, proceed) -> {
            storing.countDown();
            stored.await();
            return proceed.call();
        });
        start(worker(task("first", (in, task) -> {
                            FailureTest.waitWhateverComes(goOn);
                            return TaskOutcome.complete("much too late");
                        })
                        .timeout(SOON))
                .claims(TTL, SOON));
        begin("order-1");
        await().until(() -> storing.getCount() == 0);
        renewals.clear();

        await().until(() -> renewals.size() >= 3);

        assertThat(renewals).allMatch(List.of("order-1")::equals);
        stored.countDown();
        assertThat(errorOf("order-1")).contains("took longer");
        goOn.countDown();
    }

    @Test
    void R28_a_handler_that_is_interrupted_since_the_worker_stops_keeps_its_claim_until_that_has_stopped()
            throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        TaskWorker worker = start(worker(task("first", (in, task) -> {
                    begun.incrementAndGet();
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        interrupted.countDown();
                        FailureTest.waitWhateverComes(goOn);
                    }
                    return TaskOutcome.complete("done");
                }))
                .interruptGrace(Duration.ofMinutes(1))
                .claims(TTL, SOON));
        begin("order-1");
        await().until(() -> begun.get() == 1);
        Thread stopping = new Thread(() -> worker.stop(Duration.ZERO));
        stopping.start();
        await().until(() -> interrupted.getCount() == 0);
        renewals.clear();

        await().until(() -> renewals.size() >= 3);

        assertThat(renewals).allMatch(List.of("order-1")::equals);
        goOn.countDown();
        stopping.join();
        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
    }

    @Test
    void R28_what_somebody_else_has_locked_is_asked_for_again_soon_and_the_others_are_renewed_at_once() {
        AtomicBoolean locked = new AtomicBoolean(true);
        calls.on("extendTaskClaims", (arguments, proceed) -> {
            note(arguments);
            List<TaskClaim> answer = new ArrayList<>();
            for (Object claim : (Collection<?>) arguments[0]) {
                TaskClaim asked = (TaskClaim) claim;
                boolean asItIs = asked.instanceId().equals("locked") && locked.get();
                answer.addAll(asItIs ? List.of(asked) : extended(asked, (Duration) arguments[1]));
            }
            return answer;
        });
        begin("locked");
        begin("order-1");
        begin("order-2");
        // one regular heartbeat in this test, a second after the start; a claim lasts two
        start(listened(blocking()).claims(Duration.ofSeconds(2), Duration.ofSeconds(1)));
        await().until(() -> begun.get() == 3);

        await().until(() -> renewals.size() >= 4);

        assertThat(renewals.get(0)).containsExactlyInAnyOrder("locked", "order-1", "order-2");
        assertThat(renewals.subList(1, 4)).allMatch(List.of("locked")::equals);
        locked.set(false);
        int until = renewals.size();
        await().until(() ->
                renewals.size() > until + 1 && renewals.get(renewals.size() - 1).size() == 3);
        assertThat(ends).isEmpty();
        goOn.countDown();
        for (String order : List.of("locked", "order-1", "order-2")) {
            assertThat(resultOf(order)).isEqualTo("\"done\"");
        }
    }

    private List<TaskClaim> extended(TaskClaim claim, Duration ttl) {
        return backend.stores().claims().extendTaskClaims(List.of(claim), ttl);
    }

    @Test
    void R28_a_claim_that_cannot_be_renewed_does_not_keep_the_others_from_it() {
        calls.on("extendTaskClaims", (arguments, proceed) -> {
            if (instances(arguments).contains("bad")) {
                throw new QueryTimeoutException("as if something were wrong with that row");
            }
            note(arguments);
            return proceed.call();
        });
        begin("bad");
        for (int i = 0; i < 5; i++) {
            begin("order-" + i);
        }
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            start(worker(blocking()).claims(TTL, SOON));
            await().until(() -> begun.get() == 6);

            await().untilAsserted(() -> assertThat(renewals.stream().flatMap(List::stream))
                    .contains("order-0", "order-1", "order-2", "order-3", "order-4"));
            await().until(() -> log.lines().stream().anyMatch(line -> line.contains("cannot be renewed")));
            assertThat(log.lines()).noneMatch(line -> line.contains("The store cannot be used"));
        }
        goOn.countDown();
    }

    /** Cancels that hang, fail, or cannot be carried out yet. */
    private SignalStore signals(Map<String, InterceptedClaims.Around> checkAndCancel) {
        SignalStore target = signals;
        return (SignalStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {SignalStore.class}, (proxy, method, arguments) -> {
                    InterceptedClaims.Around around =
                            method.getName().equals("checkAndCancel") ? checkAndCancel.get(arguments[0]) : null;
                    try {
                        return around == null
                                ? method.invoke(target, arguments)
                                : around.call(arguments, () -> method.invoke(target, arguments));
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @Test
    void R28_cancels_that_hang_or_fail_hold_up_neither_renewals_nor_other_cancels() {
        CountDownLatch hanging = new CountDownLatch(1);
        signals = signals(Map.of(
                "a-fails",
                (arguments, proceed) -> {
                    throw new QueryTimeoutException("now and for ever");
                },
                "z-hangs",
                (arguments, proceed) -> {
                    hanging.countDown();
                    goOn.await();
                    return proceed.call();
                }));
        for (String order : List.of("a-fails", "order-1", "z-hangs", "stays")) {
            begin(order);
        }
        start(listened(blocking()).claims(TTL, SOON));
        await().until(() -> begun.get() == 4);

        for (String order : List.of("a-fails", "order-1")) {
            workflows.cancel(order, REQUEST);
        }
        awaitStatus("order-1", WorkflowStatus.CANCELLED);
        workflows.cancel("z-hangs", REQUEST);
        await().until(() -> hanging.getCount() == 0);
        renewals.clear();

        await().until(() -> renewals.size() >= 3);

        assertThat(renewals).allMatch(renewed -> renewed.containsAll(List.of("a-fails", "z-hangs", "stays")));
        assertThat(ends).containsEntry("order-1", End.CANCELLED).doesNotContainKey("stays");
        goOn.countDown();
        awaitStatus("z-hangs", WorkflowStatus.CANCELLED);
        assertThat(resultOf("stays")).isEqualTo("\"done\"");
    }

    /** It says no as long as somebody has locked the instance. */
    @Test
    void R28_a_cancel_that_cannot_be_carried_out_yet_is_tried_again_and_its_task_not_done_by_others_meanwhile() {
        AtomicInteger tries = new AtomicInteger();
        signals = signals(Map.of(
                "order-1", (arguments, proceed) -> tries.incrementAndGet() < 5 ? (Object) false : proceed.call()));
        begin("order-1");
        start(listened(blocking()).claims(TTL, SOON));
        await().until(() -> begun.get() == 1);

        workflows.cancel("order-1", REQUEST);

        awaitStatus("order-1", WorkflowStatus.CANCELLED);
        await().untilAsserted(() -> assertThat(ends).containsEntry("order-1", End.CANCELLED));
        assertThat(tries).hasValue(5);
        assertThat(begun).hasValue(1);
    }

    @Test
    void a_cancel_that_is_taken_back_after_the_interrupt_has_the_task_done_again() {
        AtomicBoolean first = new AtomicBoolean(true);
        SignalStore target = signals;
        signals = signals(Map.of("order-1", (arguments, proceed) -> {
            if (first.getAndSet(false)) {
                target.clearSignal("order-1", SignalKind.CANCEL);
            }
            return proceed.call();
        }));
        begin("order-1");
        start(listened(blocking()).claims(TTL, SOON));
        await().until(() -> begun.get() == 1);

        workflows.cancel("order-1", REQUEST);

        await().until(() -> begun.get() == 2);
        goOn.countDown();
        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
    }
}
