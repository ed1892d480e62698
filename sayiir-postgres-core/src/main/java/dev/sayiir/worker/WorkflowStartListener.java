package dev.sayiir.worker;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.function.UnaryOperator;

/** Is told of the instances that are started, for traces. */
@FunctionalInterface
public interface WorkflowStartListener {

    /**
     * Wraps the start of an instance, on the thread and within the transaction of who starts it.
     *
     * @param instance what is to be started
     * @param start starts it as it is given, for instance with another trace parent; to be called exactly once
     * @return what that returned
     */
    WorkflowSnapshot aroundStart(WorkflowSnapshot instance, UnaryOperator<WorkflowSnapshot> start);
}
