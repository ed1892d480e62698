package dev.sayiir.postgres.test;

import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.persistence.TaskSummary;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.assertj.core.api.AbstractAssert;

/**
 * Checks an instance. Each check reads it anew, and throws {@link AssertionError} with where the instance stands if it is not so,
 * or {@link dev.sayiir.persistence.SnapshotNotFoundException} if there is no such instance.
 *
 * <pre>{@code
 * assertThat(driver.instance("order-1")).hasCompleted("reserve").isWaitingFor("approved");
 * }</pre>
 */
public final class WorkflowAssert extends AbstractAssert<WorkflowAssert, WorkflowInstance> {

    WorkflowAssert(WorkflowInstance instance) {
        super(instance, WorkflowAssert.class);
    }

    /**
     * It has neither ended nor been paused.
     *
     * @return this
     */
    public WorkflowAssert isInProgress() {
        return hasStatus(WorkflowStatus.IN_PROGRESS);
    }

    /**
     * It is completed.
     *
     * @return this
     */
    public WorkflowAssert isCompleted() {
        return hasStatus(WorkflowStatus.COMPLETED);
    }

    /**
     * It was cancelled.
     *
     * @return this
     */
    public WorkflowAssert isCancelled() {
        return hasStatus(WorkflowStatus.CANCELLED);
    }

    /**
     * It is paused.
     *
     * @return this
     */
    public WorkflowAssert isPaused() {
        return hasStatus(WorkflowStatus.PAUSED);
    }

    /**
     * It has failed.
     *
     * @return this
     */
    public WorkflowAssert hasFailed() {
        return hasStatus(WorkflowStatus.FAILED);
    }

    private WorkflowAssert hasStatus(WorkflowStatus expected) {
        isNotNull();
        WorkflowSummary summary = actual.summary();
        return check(summary.status() == expected, "to be " + expected);
    }

    /**
     * It has failed, with an error in which that text is.
     *
     * @param text what the error contains
     * @return this
     */
    public WorkflowAssert hasFailedWith(String text) {
        hasFailed();
        return check(actual.summary().error().filter(it -> it.contains(text)).isPresent(), "to fail with: " + text);
    }

    /**
     * It is completed with that result: they are the same as JSON, or the same bytes if the expected one is a {@link Payload}.
     *
     * @param expected the result
     * @return this
     */
    public WorkflowAssert hasResult(Object expected) {
        isCompleted();
        Payload result = ((Completed) actual.snapshot().state()).finalOutput();
        return sameAs(result, expected, "the result");
    }

    /**
     * That task is done, with that output: they are the same as JSON, or the same bytes if the expected one is a {@link Payload}.
     *
     * @param taskId the task
     * @param expected its output
     * @return this
     */
    public WorkflowAssert hasOutput(String taskId, Object expected) {
        hasCompleted(taskId);
        Optional<Payload> output = actual.output(taskId);
        check(output.isPresent(), "to keep the output of '" + taskId + "'");
        return sameAs(output.orElseThrow(), expected, "the output of '" + taskId + "'");
    }

    private WorkflowAssert sameAs(Payload payload, Object expected, String what) {
        Object stored = actual.read(payload, expected);
        Object wanted = actual.written(expected);
        if (!Objects.equals(stored, wanted)) {
            throw failureWithActualExpected(
                    stored, wanted, "Expected %s of %s to be%n  %s%nbut it is%n  %s", what, actual, wanted, stored);
        }
        return this;
    }

    /**
     * These tasks are done, with results that count.
     *
     * @param taskIds the tasks
     * @return this
     */
    public WorkflowAssert hasCompleted(String... taskIds) {
        isNotNull();
        List<String> completed = tasks(TaskStatus.COMPLETED);
        return check(completed.containsAll(Arrays.asList(taskIds)), "to have completed " + Arrays.toString(taskIds));
    }

    /**
     * None of these tasks is done; they may be open.
     *
     * @param taskIds the tasks
     * @return this
     */
    public WorkflowAssert hasNotCompleted(String... taskIds) {
        isNotNull();
        List<String> completed = tasks(TaskStatus.COMPLETED);
        return check(
                Arrays.stream(taskIds).noneMatch(completed::contains),
                "to have completed none of " + Arrays.toString(taskIds));
    }

    private List<String> tasks(TaskStatus status) {
        return actual.tasks().stream()
                .filter(task -> task.status() == status)
                .map(TaskSummary::taskId)
                .toList();
    }

    /**
     * That task is open, in one of its branches if it is in a fork: to be run, running, to be tried again, or blocked.
     *
     * @param taskId the task
     * @return this
     */
    public WorkflowAssert isStandingAt(String taskId) {
        isNotNull();
        return check(task(taskId).filter(task -> task.status().isOpen()).isPresent(), "to stand at '" + taskId + "'");
    }

    /**
     * That task is blocked.
     *
     * @param taskId the task
     * @return this
     */
    public WorkflowAssert isBlockedAt(String taskId) {
        isNotNull();
        return check(
                task(taskId).filter(task -> task.status() == TaskStatus.BLOCKED).isPresent(),
                "to be blocked at '" + taskId + "'");
    }

    /**
     * It waits for that event.
     *
     * @param eventName the name of the event
     * @return this
     */
    public WorkflowAssert isWaitingFor(String eventName) {
        isInProgress();
        return check(
                actual.snapshot()
                        .position()
                        .filter(it ->
                                it instanceof AtSignal wait && wait.signalName().equals(eventName))
                        .isPresent(),
                "to wait for event '" + eventName + "'");
    }

    /**
     * The worker has had that task so many times: tries that failed and those that ended with their process count.
     *
     * @param taskId the task
     * @param attempts how many times
     * @return this
     */
    public WorkflowAssert hasAttempts(String taskId, int attempts) {
        isNotNull();
        int had = task(taskId).map(TaskSummary::attempts).orElse(0);
        return check(had == attempts, "to have had " + attempts + " attempts of '" + taskId + "'");
    }

    private Optional<TaskSummary> task(String taskId) {
        return actual.tasks().stream()
                .filter(task -> task.taskId().equals(taskId))
                .findFirst();
    }

    private WorkflowAssert check(boolean holds, String expected) {
        if (!holds) {
            throw failure("Expected %s %s, but%n%s", actual, expected, actual.describe());
        }
        return this;
    }
}
