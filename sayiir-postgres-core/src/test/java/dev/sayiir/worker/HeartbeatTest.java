package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskSummary;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** For how long a worker has its tasks, and until when it keeps them. */
class HeartbeatTest extends WorkerContractTest {

    private static final Duration MANY = Duration.ofSeconds(20);

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch interrupted = new CountDownLatch(1);
    private final CountDownLatch letGo = new CountDownLatch(1);

    @AfterEach
    void letGo() {
        letGo.countDown();
    }

    private FunctionHandler<String> stubborn() {
        return task("first", (in, task) -> {
            begun.countDown();
            while (letGo.getCount() > 0) {
                try {
                    letGo.await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
            }
            return TaskOutcome.complete("done");
        });
    }

    /** Until when the task is claimed. */
    private Instant claimedUntil() {
        return claim().orElseThrow().expiresAt();
    }

    private Optional<TaskClaim> claim() {
        return backend.stores().queries().listTasks("order-1").stream()
                .flatMap(task -> task.claim().stream())
                .findFirst();
    }

    private void awaitRenewal() {
        Instant before = claimedUntil();
        await().atMost(MANY).until(() -> !claimedUntil().equals(before));
        assertThat(claimedUntil()).as("a claim that is renewed").isAfter(before);
    }

    @Test
    void R28_a_heartbeat_renews_a_claim_for_as_long_as_it_was_made() {
        start(worker(stubborn()).claims(HOUR, SOON));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);
        TaskClaim claim = claim().orElseThrow();

        awaitRenewal();

        assertThat(claimedUntil())
                .isAfter(claim.claimedAt().plus(HOUR))
                .isBefore(claim.claimedAt().plus(HOUR.plus(MANY)));
    }

    @Test
    void R28_the_claim_of_a_handler_whose_time_is_up_is_renewed_until_it_is_back() {
        start(worker(stubborn().timeout(SOON)).claims(HOUR, SOON).interruptGrace(HOUR));
        begin("order-1");
        await().until(() -> interrupted.getCount() == 0);

        awaitRenewal();
        awaitRenewal();
    }

    @Test
    void R28_the_claim_of_a_handler_that_a_stopping_worker_waits_for_is_renewed_until_it_is_back() {
        TaskWorker worker = start(worker(stubborn()).claims(HOUR, SOON).interruptGrace(HOUR));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> worker.stop(Duration.ZERO));
        await().until(() -> interrupted.getCount() == 0);

        awaitRenewal();
        awaitRenewal();

        letGo.countDown();
        stopped.join();
        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
    }

    @Test
    void R30_a_claim_is_given_back_when_a_worker_has_stopped() {
        TaskWorker worker = start(worker(stubborn()).claims(HOUR, SOON));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);

        worker.stop(Duration.ZERO);

        assertThat(claim()).isEmpty();
        assertThat(backend.stores().queries().listTasks("order-1"))
                .extracting(TaskSummary::attempts)
                .containsExactly(1);
    }
}
