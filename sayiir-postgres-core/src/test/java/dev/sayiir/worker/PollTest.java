package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.testing.LogLines;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.QueryTimeoutException;

/** Polls that fail though the store can be reached, and what a worker takes for an outage. */
class PollTest extends WorkerContractTest {

    private InterceptedClaims calls;
    private final List<Integer> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger pings = new AtomicInteger();

    @BeforeEach
    void intercept() {
        calls = new InterceptedClaims(claims);
        claims = calls.store();
        calls.on("ping", (arguments, proceed) -> {
            pings.incrementAndGet();
            return proceed.call();
        });
    }

    private static FunctionHandler<String> first() {
        return task("first", (in, task) -> TaskOutcome.complete("done"));
    }

    /** As one does that reads too much to be done in time. */
    @Test
    void R27_a_poll_that_fails_is_made_smaller_until_it_succeeds_and_grows_again() {
        AtomicBoolean large = new AtomicBoolean(true);
        calls.on("claimAvailableTasks", (arguments, proceed) -> {
            int limit = ((ClaimQuery) arguments[0]).limit();
            asked.add(limit);
            if (large.get() && limit > 2) {
                throw new QueryTimeoutException("too much to read");
            }
            return proceed.call();
        });
        for (int i = 0; i < 20; i++) {
            begin("order-" + i);
        }
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            start(worker(first()).concurrency(100).batchSize(16).pollInterval(HOUR));
            for (int i = 0; i < 20; i++) {
                assertThat(resultOf("order-" + i)).isEqualTo("\"done\"");
            }
            assertThat(asked).startsWith(16, 8, 4, 2, 4, 2, 4, 2);
            assertThat(log.lines()).noneMatch(line -> line.contains("The store can"));
        }
        assertThat(pings.get()).isPositive();
    }

    @Test
    void R27_polls_that_go_on_failing_are_no_outage_and_are_sent_once_in_an_interval() {
        AtomicBoolean failing = new AtomicBoolean(true);
        calls.on("claimAvailableTasks", (arguments, proceed) -> {
            asked.add(((ClaimQuery) arguments[0]).limit());
            if (failing.get()) {
                throw new QueryTimeoutException("whatever is asked");
            }
            return proceed.call();
        });
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            start(worker(first()).pollInterval(Duration.ofMillis(1)));
            await().until(() -> asked.size() > 5 + 5 * LogLimit.LINES);
            assertThat(asked).startsWith(16, 8, 4, 2, 1, 1, 1, 1);
            failing.set(false);
            begin("order-1");
            assertThat(resultOf("order-1")).isEqualTo("\"done\"");

            assertThat(log.lines()).noneMatch(line -> line.contains("The store can"));
            assertThat(log.lines().stream().filter(line -> line.startsWith("WARN A poll for a single task failed")))
                    .hasSize(LogLimit.LINES);
        }
    }

    @Test
    void an_outage_is_what_the_probe_says_and_nothing_is_polled_or_committed_until_its_end() {
        AtomicBoolean away = new AtomicBoolean();
        AtomicInteger commits = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        InterceptedClaims.Around reached = (arguments, proceed) -> {
            if (away.get()) {
                throw new DataAccessResourceFailureException("nobody there");
            }
            return proceed.call();
        };
        for (String method : List.of("extendTaskClaims", "releaseTaskClaims")) {
            calls.on(method, reached);
        }
        calls.on("claimAvailableTasks", (arguments, proceed) -> {
            asked.add(1);
            return reached.call(arguments, proceed);
        });
        calls.on("commitTasks", (arguments, proceed) -> {
            commits.incrementAndGet();
            return reached.call(arguments, proceed);
        });
        calls.on("ping", (arguments, proceed) -> {
            pings.incrementAndGet();
            return reached.call(arguments, proceed);
        });
        begin("order-1");
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            start(task("first", (in, task) -> {
                begun.countDown();
                goOn.await();
                return TaskOutcome.complete("done");
            }));
            await().until(() -> begun.getCount() == 0);
            away.set(true);
            await().until(() -> log.lines().stream().anyMatch(line -> line.contains("The store cannot be used")));
            int polls = asked.size();
            goOn.countDown();
            int seen = pings.get();
            await().until(() -> pings.get() > seen + 2);
            assertThat(asked).hasSize(polls);
            assertThat(commits).hasValue(0);

            away.set(false);

            assertThat(resultOf("order-1")).isEqualTo("\"done\"");
            await().until(() -> asked.size() > polls);
            assertThat(log.lines().stream().filter(line -> line.contains("The store can")))
                    .hasSize(2);
        }
    }

    /** What the dispatcher has when the worker stops is not left to expire. */
    @Test
    void R30_tasks_that_are_claimed_while_the_worker_stops_are_given_back() {
        CountDownLatch claiming = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        calls.on("claimAvailableTasks", (arguments, proceed) -> {
            Object claimed = proceed.call();
            if (!((List<?>) claimed).isEmpty()) {
                claiming.countDown();
                goOn.await();
            }
            return claimed;
        });
        TaskWorker worker = start(first());
        begin("order-1");
        await().until(() -> claiming.getCount() == 0);

        worker.stop(Duration.ZERO);
        goOn.countDown();

        await().untilAsserted(() -> assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 10, HOUR)))
                .hasSize(1));
        ClaimedTask again = backend.stores()
                .claims()
                .claimAvailableTasks(ClaimQuery.of("w", 1, HOUR))
                .get(0);
        assertThat(again.claim().crashes()).isZero();
    }
}
