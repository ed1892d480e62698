package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimedTask;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A task that came to no end may end its process: others keep out of its way, for a while. */
class SuspectTest extends WorkerContractTest {

    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private final Map<String, Set<String>> beside = new ConcurrentHashMap<>();
    private final Set<String> claimed = ConcurrentHashMap.newKeySet();
    private final CountDownLatch busy = new CountDownLatch(1);
    private final CountDownLatch looked = new CountDownLatch(1);
    private final CountDownLatch laterBegun = new CountDownLatch(1);

    /** Each notes what runs beside it when it begins; "busy" and "suspect" wait for the test. */
    private TaskWorkerBuilder noting() {
        return worker(task("first", (in, task) -> {
                    String instance = task.instanceId();
                    beside.put(instance, Set.copyOf(running));
                    running.add(instance);
                    try {
                        if (instance.equals("busy")) {
                            busy.await();
                        } else if (instance.equals("suspect")) {
                            looked.await();
                        } else if (instance.equals("later")) {
                            laterBegun.countDown();
                        }
                        return TaskOutcome.complete(in);
                    } finally {
                        running.remove(instance);
                    }
                }))
                .concurrency(4);
    }

    /** As a process leaves it that ends with the task. */
    private void suspect(String instanceId) {
        begin(instanceId);
        await().until(() -> claims.claimTask(instanceId, "first", "dead", Duration.ofMillis(1))
                .isPresent());
    }

    private void noteClaims() {
        InterceptedClaims calls = new InterceptedClaims(claims);
        calls.on("claimAvailableTasks", (arguments, proceed) -> {
            @SuppressWarnings("unchecked")
            List<ClaimedTask> tasks = (List<ClaimedTask>) proceed.call();
            tasks.forEach(task -> claimed.add(task.claim().instanceId()));
            return tasks;
        });
        claims = calls.store();
    }

    @Test
    void R26_a_suspect_begins_when_the_others_have_ended_and_others_when_it_has() throws InterruptedException {
        noteClaims();
        begin("busy");
        suspect("suspect");
        start(noting());
        await().until(() -> running.contains("busy") && claimed.contains("suspect"));

        busy.countDown();
        await().until(() -> running.contains("suspect"));
        begin("later");
        assertThat(laterBegun.await(200, TimeUnit.MILLISECONDS)).isFalse();
        looked.countDown();

        assertThat(resultOf("later")).isEqualTo("\"in\"");
        assertThat(beside).containsEntry("suspect", Set.of()).containsEntry("later", Set.of());
    }

    @Test
    void R26_what_takes_long_keeps_no_suspect_waiting_and_no_suspect_the_others() {
        begin("busy");
        suspect("suspect");
        start(noting());
        await().until(() -> running.contains("suspect"));
        begin("later");

        assertThat(resultOf("later")).isEqualTo("\"in\"");
        assertThat(beside).containsEntry("suspect", Set.of("busy")).containsEntry("later", Set.of("busy", "suspect"));
        busy.countDown();
        looked.countDown();
        assertThat(resultOf("suspect")).isEqualTo("\"in\"");
    }

    @Test
    void R26_two_suspects_are_never_under_way_together_however_long_they_take() {
        looked.countDown();
        for (int i = 0; i < 3; i++) {
            suspect("suspect-" + i);
        }
        start(noting().pollInterval(HOUR));

        for (int i = 0; i < 3; i++) {
            assertThat(resultOf("suspect-" + i)).isEqualTo("\"in\"");
            assertThat(beside).containsEntry("suspect-" + i, Set.of());
        }
    }

    @Test
    void R30_a_worker_that_stops_gives_a_suspect_that_waits_back_and_that_is_no_crash() {
        noteClaims();
        begin("busy");
        suspect("suspect");
        TaskWorker worker = start(noting());
        await().until(() -> running.contains("busy") && claimed.contains("suspect"));

        worker.stop(Duration.ZERO);

        assertThat(claims.claimTask("suspect", "first", "w", HOUR))
                .hasValueSatisfying(claim -> assertThat(claim.crashes()).isEqualTo(1));
        assertThat(beside).doesNotContainKey("suspect");
    }
}
