package dev.sayiir.worker;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What comes next after a task. It is stored together with the task's output, and then the task is not done again.
 *
 * <p>An output is anything that Jackson writes as JSON, or a {@link dev.sayiir.workflow.Payload}, whose bytes are kept
 * as they are. It is the input of the task that follows.
 *
 * <pre>{@code
 * return order.total() > limit
 *         ? TaskOutcome.awaitEvent("approved", "charge", order).orAfter(Duration.ofDays(2), "remind")
 *         : TaskOutcome.next("charge", order);
 * }</pre>
 */
public sealed interface TaskOutcome {

    /** An outcome of a task that is done. */
    sealed interface Done extends TaskOutcome {

        /** @return what the task gives back */
        Object output();
    }

    /**
     * The task is done, and another one follows.
     *
     * @param taskId the task that follows; not the same one again, except after a delay or a wait
     * @param output its input
     */
    record Next(String taskId, Object output) implements Done {
        /** @throws IllegalArgumentException if the id is not valid */
        public Next {
            Waits.requireOwnTaskId(taskId);
        }
    }

    /**
     * The task is done, and the workflow with it; in a branch, the branch.
     *
     * @param output the result of the workflow, or of the branch
     */
    record Complete(Object output) implements Done {}

    /**
     * The workflow fails for good, without another try.
     *
     * @param error what went wrong
     */
    record Fail(String error) implements TaskOutcome {}

    /**
     * The task failed, and is to be tried again, as often as its policy allows; without a policy, as often as it says so.
     *
     * @param error what went wrong
     * @param after how long to wait, 0 to 36,500 days; empty for the back-off of the policy, or without one, of one that
     *     begins with a second and ends with 5 minutes
     */
    record Retry(String error, Optional<Duration> after) implements TaskOutcome {
        /** @throws IllegalArgumentException if the time is out of its range */
        public Retry {
            after.ifPresent(time -> Waits.requireWait("wait before a retry", time));
        }
    }

    /**
     * The task is done, and another one follows a while after.
     *
     * @param time how long, 0 to 36,500 days
     * @param taskId the task that follows
     * @param output its input
     */
    record Delay(Duration time, String taskId, Object output) implements Done {
        /** @throws IllegalArgumentException if the id is not valid or the time out of its range */
        public Delay {
            Waits.requireWait("delay", time);
            Waits.requireOwnTaskId(taskId);
        }
    }

    /**
     * The task is done, and another one follows at a certain time; at once if that has passed.
     *
     * @param until when, by the store's clock
     * @param taskId the task that follows
     * @param output its input
     */
    record DelayUntil(Instant until, String taskId, Object output) implements Done {
        /** @throws IllegalArgumentException if the id is not valid */
        public DelayUntil {
            Waits.requireOwnTaskId(taskId);
        }
    }

    /**
     * The task is done, and another one follows when an event has come, with the payload of the event as its input.
     *
     * @param eventName the name of the event
     * @param taskId the task that follows the event
     * @param output what the task gives back
     * @param timeLimit for how long to wait, and what then; empty for as long as it takes
     */
    record AwaitEvent(String eventName, String taskId, Object output, Optional<TimeLimit> timeLimit) implements Done {
        /** @throws IllegalArgumentException if a name is not valid or too long */
        public AwaitEvent {
            Waits.requireOwnTaskId(taskId);
            Waits.waitId(eventName, timeLimit.flatMap(TimeLimit::taskId));
        }

        /**
         * @param time for how long to wait, 0 to 36,500 days
         * @param timeoutTaskId the task that follows if no event has come by then; its input is the output of this task
         * @return the same outcome with that time limit
         * @throws IllegalArgumentException if the id is not valid or the time out of its range
         */
        public AwaitEvent orAfter(Duration time, String timeoutTaskId) {
            return new AwaitEvent(
                    eventName, taskId, output, Optional.of(new TimeLimit(time, Optional.of(timeoutTaskId))));
        }

        /**
         * @param time for how long to wait, 0 to 36,500 days; the workflow fails if no event has come by then
         * @return the same outcome with that time limit
         * @throws IllegalArgumentException if the time is out of its range
         */
        public AwaitEvent orFailAfter(Duration time) {
            return new AwaitEvent(eventName, taskId, output, Optional.of(new TimeLimit(time, Optional.empty())));
        }
    }

    /**
     * The task is done, and branches follow that run in parallel, on any workers; when all of them are done, one task joins
     * them. Its input is a JSON object with the output of each branch under its label.
     *
     * <p>A branch is one task or several, one after the other: {@code next} and {@code delay} go on with it, {@code complete}
     * ends it, and {@code fail} fails the whole workflow. It can neither wait for an event nor fork again.
     *
     * @param joinTaskId the task that joins the branches
     * @param output what the task gives back; the input of each branch that has none of its own
     * @param branches the branches by label, in their order
     */
    record Fork(String joinTaskId, Object output, Map<String, BranchStart> branches) implements Done {
        /** @throws IllegalArgumentException if the id is not valid */
        public Fork {
            Waits.requireOwnTaskId(joinTaskId);
            branches = Collections.unmodifiableMap(new LinkedHashMap<>(branches));
        }

        /**
         * @param label what the branch is called
         * @param taskId the task that it begins with, given the output of this task
         * @return the same outcome with that branch
         * @throws IllegalArgumentException if the id is not valid
         */
        public Fork branch(String label, String taskId) {
            return with(label, new BranchStart(taskId, Optional.empty()));
        }

        /**
         * @param label what the branch is called
         * @param taskId the task that it begins with
         * @param input what that task is given; stored with the fork
         * @return the same outcome with that branch
         * @throws IllegalArgumentException if the id is not valid
         */
        public Fork branch(String label, String taskId, Object input) {
            return with(label, new BranchStart(taskId, Optional.of(input)));
        }

        private Fork with(String label, BranchStart branch) {
            Map<String, BranchStart> more = new LinkedHashMap<>(branches);
            more.put(label, branch);
            return new Fork(joinTaskId, output, more);
        }
    }

    /**
     * How a branch begins.
     *
     * @param taskId its first task
     * @param input what that is given; empty for the output of the task that forked
     */
    record BranchStart(String taskId, Optional<Object> input) {
        /** @throws IllegalArgumentException if the id is not valid */
        public BranchStart {
            Waits.requireOwnTaskId(taskId);
        }
    }

    /**
     * The end of a wait for an event that does not come.
     *
     * @param time for how long to wait, 0 to 36,500 days
     * @param taskId the task that follows then; empty to fail
     */
    record TimeLimit(Duration time, Optional<String> taskId) {
        /** @throws IllegalArgumentException if the id is not valid or the time out of its range */
        public TimeLimit {
            Waits.requireWait("time limit of a wait", time);
            taskId.ifPresent(Waits::requireOwnTaskId);
        }
    }

    /**
     * @param taskId the task that follows
     * @param output its input
     * @return the outcome
     * @throws IllegalArgumentException if the id is not valid
     */
    static TaskOutcome next(String taskId, Object output) {
        return new Next(taskId, output);
    }

    /**
     * @param output the result of the workflow
     * @return the outcome
     */
    static TaskOutcome complete(Object output) {
        return new Complete(output);
    }

    /**
     * @param error what went wrong
     * @return the outcome
     */
    static TaskOutcome fail(String error) {
        return new Fail(error);
    }

    /**
     * @param error what went wrong
     * @return the outcome, with the back-off of the task's policy
     */
    static TaskOutcome retry(String error) {
        return new Retry(error, Optional.empty());
    }

    /**
     * @param error what went wrong
     * @param after how long to wait, 0 to 36,500 days
     * @return the outcome
     * @throws IllegalArgumentException if the time is out of its range
     */
    static TaskOutcome retry(String error, Duration after) {
        return new Retry(error, Optional.of(after));
    }

    /**
     * @param time how long, 0 to 36,500 days
     * @param taskId the task that follows; may be the same one
     * @param output its input
     * @return the outcome
     * @throws IllegalArgumentException if the id is not valid or the time out of its range
     */
    static TaskOutcome delay(Duration time, String taskId, Object output) {
        return new Delay(time, taskId, output);
    }

    /**
     * @param until when, by the store's clock
     * @param taskId the task that follows; may be the same one
     * @param output its input
     * @return the outcome
     * @throws IllegalArgumentException if the id is not valid
     */
    static TaskOutcome delayUntil(Instant until, String taskId, Object output) {
        return new DelayUntil(until, taskId, output);
    }

    /**
     * @param eventName the name of the event
     * @param taskId the task that follows the event; its input is the payload of the event
     * @param output what this task gives back
     * @return the outcome, without a time limit
     * @throws IllegalArgumentException if a name is not valid
     */
    static AwaitEvent awaitEvent(String eventName, String taskId, Object output) {
        return new AwaitEvent(eventName, taskId, output, Optional.empty());
    }

    /**
     * @param joinTaskId the task that joins the branches
     * @param output what this task gives back
     * @return the outcome, to be given branches
     * @throws IllegalArgumentException if the id is not valid
     */
    static Fork fork(String joinTaskId, Object output) {
        return new Fork(joinTaskId, output, Map.of());
    }
}
