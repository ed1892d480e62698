package dev.sayiir.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.postgres.test.WorkflowAssert;
import dev.sayiir.postgres.test.WorkflowClock;
import dev.sayiir.postgres.test.WorkflowDriver;
import dev.sayiir.postgres.test.WorkflowFaults;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.Payload;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;

/** What a test can have done to its workflows, whatever they are kept in. */
abstract class DrivingContract {

    /** Of a claim, by default. */
    private static final Duration TTL = Duration.ofMinutes(1);

    @Autowired
    Workflows workflows;

    @Autowired
    WorkflowDriver driver;

    @Autowired
    WorkflowClock clock;

    @Autowired
    WorkflowFaults faults;

    @Autowired
    Packing tasks;

    @Test
    void a_reminder_after_two_days_and_three_back_offs() {
        IOException bankIsDown = new IOException("the bank does not answer");
        faults.failCall("reminded", "pay", 1, bankIsDown);
        faults.failCall("reminded", "pay", 2, bankIsDown);
        faults.failCall("reminded", "pay", 3, bankIsDown);

        workflows.start(Orders.WORKFLOW, "reminded", new Orders.Order("tea"));
        driver.runUntilIdle();
        assertThat(driver.instance("reminded"))
                .hasCompleted("ask")
                .hasNotCompleted("remind")
                .isWaitingFor("approved");

        clock.advance(Duration.ofDays(2));
        driver.runUntilIdle();
        assertThat(driver.instance("reminded")).hasCompleted("remind").isWaitingFor("approved");

        workflows.sendEvent("reminded", "approved", "ada");
        driver.runUntilIdle();
        assertThat(driver.instance("reminded")).isStandingAt("pay").hasAttempts("pay", 1);
        clock.advance(Duration.ofMinutes(1));
        driver.runUntilIdle();
        assertThat(driver.instance("reminded")).hasAttempts("pay", 2);
        clock.advance(Duration.ofMinutes(10));
        driver.runUntilIdle();
        assertThat(driver.instance("reminded")).hasAttempts("pay", 3).isInProgress();
        clock.advance(Duration.ofMinutes(100));
        driver.runUntilIdle();
        assertThat(driver.instance("reminded"))
                .hasAttempts("pay", 4)
                .isCompleted()
                .hasResult("sent for ada");
    }

    @Test
    void nothing_happens_until_the_driver_runs() {
        workflows.start(Packing.WORKFLOW, "at-rest", "tea");

        assertThat(driver.instance("at-rest"))
                .isInProgress()
                .isStandingAt("pack")
                .hasAttempts("pack", 0);
        driver.runUntilIdle();
        assertThat(driver.instance("at-rest"))
                .isCompleted()
                .hasOutput("pack", "tea")
                .hasResult(Map.of("what", "tea", "pieces", 2));
    }

    @Test
    void the_worker_dies_between_a_task_and_its_commit() {
        faults.dieAfterCall("died", "pack", 1);
        workflows.start(Packing.WORKFLOW, "died", "tea");

        driver.runUntilIdle();
        assertThat(driver.instance("died")).isStandingAt("pack").hasNotCompleted("pack");
        assertThat(tasks.calls("died", "pack")).isEqualTo(1);

        clock.advance(TTL.minusSeconds(30));
        driver.runUntilIdle();
        assertThat(tasks.calls("died", "pack")).isEqualTo(1);

        clock.advance(TTL);
        driver.runUntilIdle();
        assertThat(driver.instance("died")).hasAttempts("pack", 2).isCompleted();
        assertThat(tasks.calls("died", "pack")).isEqualTo(2);
    }

    @Test
    void the_answer_to_a_commit_is_lost_and_the_task_is_not_done_again() {
        faults.loseAnswerAfterCall("unheard", "pack", 1);
        workflows.start(Packing.WORKFLOW, "unheard", "tea");

        driver.runUntilIdle();

        assertThat(driver.instance("unheard")).hasAttempts("pack", 1).isCompleted();
        assertThat(tasks.calls("unheard", "pack")).isEqualTo(1);
    }

    @Test
    void transactional_tasks_die_and_go_unheard_as_well() {
        faults.dieAfterCall("booked", "book", 1);
        faults.loseAnswerAfterCall("booked", "book", 2);
        faults.loseAnswerAfterCall("booked", "file", 1);
        workflows.start(Booking.WORKFLOW, "booked", "tea");

        driver.runUntilIdle();
        assertThat(driver.instance("booked")).isStandingAt("book").hasNotCompleted("book");
        clock.advance(TTL);
        driver.runUntilIdle();

        assertThat(driver.instance("booked"))
                .hasAttempts("book", 2)
                .hasAttempts("file", 1)
                .isCompleted();
        assertThat(tasks.calls("booked", "book")).isEqualTo(2);
        assertThat(tasks.calls("booked", "file")).isEqualTo(1);
    }

    /** The worker learns of it late, and is not stopped before that. */
    @Test
    void what_follows_a_commit_after_which_the_application_fails_is_done() {
        workflows.start(Booking.WORKFLOW, "loud", "tea");

        driver.runUntilIdle();

        assertThat(driver.instance("loud")).hasAttempts("book", 1).isCompleted();
    }

    @Test
    void the_driver_stops_before_a_transactional_task() {
        workflows.start(Booking.WORKFLOW, "stopped", "tea");

        driver.runUntilStandingAt("stopped", "file");
        assertThat(driver.instance("stopped")).hasCompleted("book");
        assertThat(tasks.calls("stopped", "file")).isZero();

        driver.runUntilIdle();
        assertThat(driver.instance("stopped")).isCompleted();
    }

    @Test
    void a_call_fails_without_the_handler() {
        faults.failCall("failed", "ship", 1, new IOException("no van"));
        workflows.start(Packing.WORKFLOW, "failed", "tea");

        driver.runUntilIdle();

        assertThat(driver.instance("failed")).hasCompleted("pack").hasFailedWith("no van");
        assertThat(tasks.calls("failed", "ship")).isZero();
    }

    @Test
    void faults_of_several_tasks_at_once_do_not_mix() {
        for (int i = 0; i < 20; i++) {
            String id = "many-" + i;
            switch (i % 4) {
                case 0 -> faults.dieAfterCall(id, "pack", 1);
                case 1 -> faults.loseAnswerAfterCall(id, "pack", 1);
                case 2 -> faults.failCall(id, "ship", 1, new IOException("no van"));
                default -> {}
            }
            workflows.start(Packing.WORKFLOW, id, "tea");
        }

        driver.runUntilIdle();
        clock.advance(TTL);
        driver.runUntilIdle();

        for (int i = 0; i < 20; i++) {
            String id = "many-" + i;
            if (i % 4 == 2) {
                assertThat(driver.instance(id)).hasFailedWith("no van");
            } else {
                assertThat(driver.instance(id)).isCompleted();
            }
            assertThat(tasks.calls(id, "pack")).isEqualTo(i % 4 == 0 ? 2 : 1);
        }
    }

    @Test
    void faults_happen_in_branches_too() {
        faults.dieAfterCall("branches", "label", 1);
        faults.loseAnswerAfterCall("branches", "wrap", 1);
        workflows.start(Packing.SPLITTING, "branches", "tea");

        driver.runUntilIdle();
        assertThat(driver.instance("branches")).hasCompleted("wrap", "weigh").isStandingAt("label");
        clock.advance(TTL);
        driver.runUntilIdle();

        assertThat(driver.instance("branches")).hasAttempts("label", 2).isCompleted();
        assertThat(tasks.calls("branches", "label")).isEqualTo(2);
        assertThat(tasks.calls("branches", "wrap")).isEqualTo(1);
    }

    @Test
    void what_the_worker_cannot_do_is_blocked_when_time_has_passed() {
        workflows.start(Packing.WORKFLOW, "unreadable", List.of("no", "text"));

        driver.runUntilIdle();
        assertThat(driver.instance("unreadable")).isInProgress().isStandingAt("pack");
        clock.advance(Duration.ofMinutes(1));
        driver.runUntilIdle();

        assertThat(driver.instance("unreadable")).isInProgress().isBlockedAt("pack");
        assertThat(tasks.calls("unreadable", "pack")).isZero();
    }

    @Test
    void a_fault_is_of_a_call_to_come() {
        workflows.start(Packing.WORKFLOW, "over", "tea");
        driver.runUntilIdle();

        assertThatThrownBy(() -> faults.dieAfterCall("over", "pack", 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("'pack'", "'over'", "call 1 is over");
        assertThatThrownBy(() -> faults.failCall("over", "pack", 0, new IOException()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("counted from 1");
        assertThatThrownBy(() -> faults.loseAnswerAfterCall("", "pack", 1))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void it_stops_before_a_task() {
        workflows.start(Packing.WORKFLOW, "halted", "tea");

        driver.runUntilStandingAt("halted", "ship");

        assertThat(driver.instance("halted"))
                .hasCompleted("pack")
                .hasOutput("pack", "tea")
                .hasNotCompleted("ship")
                .hasAttempts("ship", 0);
        workflows.cancel("halted", SignalRequest.of("out of stock", "ada"));
        driver.runUntilIdle();
        assertThat(driver.instance("halted")).isCancelled();
        assertThat(tasks.calls("halted", "ship")).isZero();
    }

    @Test
    void a_branch_stops_before_a_task_and_the_others_go_on() {
        workflows.start(Packing.SPLITTING, "forked", "tea");

        driver.runUntilStandingAt("forked", "weigh");

        assertThat(driver.instance("forked")).hasCompleted("split", "label").hasNotCompleted("weigh");
        driver.runUntilIdle();
        assertThat(driver.instance("forked")).isCompleted().hasResult(List.of("label", "weigh"));
    }

    @Test
    void where_it_stands_instead_is_said() {
        workflows.start(Packing.WORKFLOW, "past", "tea");
        driver.runUntilIdle();

        assertThatThrownBy(() -> driver.runUntilStandingAt("past", "pack"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll(
                        "'past'", "to stand at 'pack'", "is Completed", "pack: completed, attempts: 1");
    }

    @Test
    void what_keeps_it_busy_is_said() {
        workflows.start(Packing.ENDLESS, "endless", Payload.empty());

        assertThatThrownBy(() -> driver.runUntilIdle(Duration.ofSeconds(1)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll("PT1S", "task 'again' of instance 'endless', ", " times");
        workflows.cancel("endless", SignalRequest.of("enough", "ada"));
    }

    @Test
    void a_handler_that_does_not_return_is_named_and_interrupted() throws InterruptedException {
        workflows.start(Packing.STUCK, "stuck", Payload.empty());

        assertThatThrownBy(() -> driver.runUntilIdle(Duration.ofSeconds(1)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Under way:\n  task 'stuck' of instance 'stuck', attempt 1, for ");
        tasks.interrupted.await();
        workflows.cancel("stuck", SignalRequest.of("enough", "ada"));
    }

    @Test
    void each_check_says_what_is_so_instead() {
        faults.failCall("checked", "ship", 1, new IOException("no van"));
        workflows.start(Packing.WORKFLOW, "checked", "tea");
        driver.runUntilIdle();
        WorkflowAssert check = assertThat(driver.instance("checked"));

        List.<Runnable>of(
                        check::isInProgress,
                        check::isCompleted,
                        check::isCancelled,
                        check::isPaused,
                        () -> check.hasFailedWith("no ship"),
                        () -> check.hasResult("tea"),
                        () -> check.hasCompleted("pack", "ship"),
                        () -> check.hasNotCompleted("pack"),
                        () -> check.isStandingAt("pack"),
                        () -> check.isBlockedAt("ship"),
                        () -> check.isWaitingFor("approved"),
                        () -> check.hasAttempts("ship", 2),
                        () -> check.hasOutput("ship", "tea"))
                .forEach(wrong -> assertThatThrownBy(wrong::run)
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContainingAll(
                                "Expected instance 'checked' to ",
                                "of workflow 'packing-v1' is Failed with: ",
                                "no van",
                                "\n  pack: completed, attempts: 1",
                                "\n  ship: failed, attempts: 1"));
    }

    @Test
    void a_wrong_result_is_shown() {
        workflows.start(Packing.WORKFLOW, "wrong", "tea");
        driver.runUntilIdle();

        assertThatThrownBy(() -> assertThat(driver.instance("wrong")).hasResult(Map.of("what", "coffee")))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll("the result of instance 'wrong'", "coffee", "tea");
        assertThat(driver.instance("wrong")).hasResult(Payload.utf8("{\"what\":\"tea\",\"pieces\":2}"));
    }

    @Test
    void a_handler_cannot_move_the_clock() {
        tasks.beforeShipping("hasty", () -> clock.advance(TTL));
        workflows.start(Packing.WORKFLOW, "hasty", "tea");

        driver.runUntilIdle();

        assertThat(driver.instance("hasty")).hasFailedWith("between two runs");
        clock.advance(TTL);
    }

    @Test
    void the_clock_goes_forward_only() {
        assertThatThrownBy(() -> clock.advance(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot go back");
        assertThatThrownBy(() -> clock.advance(Duration.ofDays(36_501))).isInstanceOf(IllegalArgumentException.class);
    }
}
