package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Optional;

/**
 * An operation of a store that is under way.
 *
 * @param name the name of the store's method, such as {@code saveSnapshot}: one of a few
 * @param instanceId the instance that it is about, if it is about one
 * @param traceParent the trace context of that instance in W3C form, if the operation is given a snapshot that has one
 */
public record StoreOperation(String name, Optional<String> instanceId, Optional<String> traceParent) {

    /**
     * @param name the name of the store's method
     * @return an operation on many instances, or none
     */
    public static StoreOperation of(String name) {
        return new StoreOperation(name, Optional.empty(), Optional.empty());
    }

    /**
     * @param name the name of the store's method
     * @param instanceId the instance
     * @return an operation on an instance
     */
    public static StoreOperation on(String name, String instanceId) {
        return new StoreOperation(name, Optional.of(instanceId), Optional.empty());
    }

    /**
     * @param name the name of the store's method
     * @param snapshot what it is given
     * @return an operation on the instance of the snapshot, in its trace
     */
    public static StoreOperation with(String name, WorkflowSnapshot snapshot) {
        return new StoreOperation(name, Optional.of(snapshot.instanceId()), snapshot.traceParent());
    }
}
