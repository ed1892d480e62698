package dev.sayiir.postgres.test;

import dev.sayiir.postgres.test.RunningTasks.Quiet;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.springframework.context.SmartLifecycle;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Runs the application's worker for as long as there is something to do. Between two runs nothing happens in the stores but
 * what the test does itself.
 *
 * <pre>{@code
 * workflows.start(FULFILMENT, "order-1", new Order("tea", 2));
 * driver.runUntilIdle();
 * assertThat(driver.instance("order-1")).isWaitingFor("approved");
 * }</pre>
 *
 * <p>It runs whatever is due, also of instances that other tests have left behind in the same stores. Calls of several threads
 * take turns.
 */
public final class WorkflowDriver {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Supplier<Optional<SmartLifecycle>> worker;
    private final DrivenClaims claims;
    private final RunningTasks running;
    private final WorkflowClock clock;
    private final Function<String, WorkflowInstance> instances;

    /**
     * @param claims those of the worker
     * @param running what the worker has
     */
    WorkflowDriver(
            Supplier<Optional<SmartLifecycle>> worker,
            DrivenClaims claims,
            RunningTasks running,
            WorkflowClock clock,
            Function<String, WorkflowInstance> instances) {
        this.worker = worker;
        this.claims = claims;
        this.running = running;
        this.clock = clock;
        this.instances = instances;
    }

    /**
     * Does all that is due, and what follows from it, until nothing is due any more by the {@link WorkflowClock}. Takes up to 10
     * s.
     *
     * @throws AssertionError if there is something to do still after that time; says which tasks of which instances
     * @throws IllegalStateException if the context has no worker, or the caller is in a transaction
     */
    public void runUntilIdle() {
        runUntilIdle(PATIENCE);
    }

    /**
     * Does all that is due, and what follows from it, until nothing is due any more by the {@link WorkflowClock}.
     *
     * @param atMost how long it may take, in real time
     * @throws AssertionError if there is something to do still after that time; says which tasks of which instances
     * @throws IllegalStateException if the context has no worker, or the caller is in a transaction
     */
    public void runUntilIdle(Duration atMost) {
        run(atMost, Optional.empty());
    }

    /**
     * Does all that is due as {@link #runUntilIdle()} does, but for that task, which is not begun in any instance: so a test can
     * look at an instance, or change something, just before it.
     *
     * @param instanceId the instance
     * @param taskId the task at which it is to arrive
     * @throws AssertionError if it does not stand there then, be it that it has been there before; says where it stands
     * @throws dev.sayiir.persistence.SnapshotNotFoundException if there is no such instance
     * @throws IllegalStateException if the context has no worker, or the caller is in a transaction
     */
    public void runUntilStandingAt(String instanceId, String taskId) {
        run(PATIENCE, Optional.of(taskId));
        new WorkflowAssert(instance(instanceId)).isStandingAt(taskId);
    }

    /**
     * @param instanceId an instance
     * @return what {@code assertThat} takes to check it; reads it anew for each check
     */
    public WorkflowInstance instance(String instanceId) {
        return instances.apply(instanceId);
    }

    private synchronized void run(Duration atMost, Optional<String> keptBack) {
        if (TransactionSynchronizationManager.isActualTransactionActive()) {
            throw new IllegalStateException(
                    "The test is in a transaction, and the worker would not see what it has saved."
                            + " Leave @Transactional out, or commit before the driver runs (TestTransaction.end())");
        }
        SmartLifecycle current = worker.get().orElseThrow(() -> new IllegalStateException("""
                There is no worker to run: sayiir.postgres.worker.enabled is false, or the context has a TaskWorker bean of its\
                 own"""));
        running.reset();
        claims.keepBack(keptBack);
        clock.driverRuns(true);
        try {
            current.start();
            if (!current.isRunning()) {
                throw new IllegalStateException(
                        "There is nothing to run: the context has no Workflow bean, or no handler."
                                + " @Import the configuration with the Workflow, and the classes with @WorkflowTask methods or"
                                + " TaskHandler beans");
            }
            awaitIdle(atMost);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("The test was interrupted while the worker ran", e);
        } finally {
            current.stop();
            clock.driverRuns(false);
            claims.keepBack(Optional.empty());
        }
    }

    private void awaitIdle(Duration atMost) throws InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        while (true) {
            Quiet quiet = running.awaitQuiet(end).orElseThrow(() -> busy(atMost));
            if (claims.findAvailableTasks(quiet.query().limit(1)).isEmpty() && running.isStill(quiet)) {
                return;
            } else if (System.nanoTime() - end > 0) {
                throw busy(atMost);
            }
            running.awaitChangeSince(quiet, end);
        }
    }

    private AssertionError busy(Duration atMost) {
        return new AssertionError("There is something to do still after " + atMost + ". " + running.describe());
    }
}
