package dev.sayiir.worker;

import dev.sayiir.workflow.WorkflowStatus;
import java.util.Optional;

/** What is wrong with one instance, called {@value Bystanders#GUILTY}, while others are done by the same worker. */
interface BystanderFault {

    /** Before the worker starts. */
    default void prepare(Bystanders scene) throws Exception {}

    /** Brings the fault on, while the worker has some of the others in hand. */
    default void begin(Bystanders scene) throws Exception {}

    /** The handler of the guilty instance's first task. Unless said otherwise it waits until it may go on. */
    default TaskOutcome handle(String input, TaskContext task, Bystanders scene) throws Exception {
        scene.guiltyIsHandled();
        scene.awaitGoOn();
        return TaskOutcome.next("second", input);
    }

    /** Whether the guilty handler goes on while the fault is on; if not, only after it. */
    default boolean goesOn() {
        return true;
    }

    /** Is called again and again while the others are being done. */
    default void meanwhile(Bystanders scene) {}

    /** What the guilty instance is all the while; empty if that does not matter. */
    default Optional<WorkflowStatus> status() {
        return Optional.of(WorkflowStatus.IN_PROGRESS);
    }

    /** Ends the fault. */
    default void end(Bystanders scene) throws Exception {}

    /** What becomes of the guilty instance then; empty if that does not matter, or takes too long to wait for. */
    default Optional<WorkflowStatus> statusAfter() {
        return Optional.of(WorkflowStatus.COMPLETED);
    }

    /** Whether the backend has a statement timeout. */
    default boolean hasStatementTimeout() {
        return false;
    }
}
