package dev.sayiir.workflow;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The tasks that an instance has done and what each gave back, in the order in which they were done last. */
public final class CompletedTasks {

    private static final CompletedTasks NONE = new CompletedTasks(LayeredMap.empty());

    private final LayeredMap<Payload> outputs;

    private CompletedTasks(LayeredMap<Payload> outputs) {
        this.outputs = outputs;
    }

    /** @return no task at all */
    public static CompletedTasks none() {
        return NONE;
    }

    /**
     * @param outputs outputs by task id, copied in the map's order
     * @return these tasks
     * @throws IllegalArgumentException if an id is not valid
     */
    public static CompletedTasks of(Map<String, Payload> outputs) {
        outputs.keySet().forEach(Identifiers::requireTaskId);
        return outputs.isEmpty() ? NONE : new CompletedTasks(LayeredMap.of(outputs));
    }

    /**
     * For stores. These tasks stay as they are, and share with the new ones what they have in common.
     *
     * @param taskId a task
     * @param output its output
     * @return these tasks and that one, done last
     * @throws IllegalArgumentException if the id is not valid
     */
    public CompletedTasks with(String taskId, Payload output) {
        return new CompletedTasks(outputs.with(Identifiers.requireTaskId(taskId), output));
    }

    /**
     * For stores. These tasks stay as they are.
     *
     * @param taskId a task
     * @return these tasks without that one
     */
    public CompletedTasks without(String taskId) {
        return new CompletedTasks(outputs.without(taskId));
    }

    /**
     * @param taskId a task
     * @return its output if it is done
     */
    public Optional<Payload> output(String taskId) {
        return outputs.get(taskId);
    }

    /**
     * @param taskId a task
     * @return whether it is done
     */
    public boolean contains(String taskId) {
        return outputs.contains(taskId);
    }

    /** @return the ids of the tasks that are done */
    public Set<String> taskIds() {
        return asMap().keySet();
    }

    /** @return outputs by task id, unmodifiable */
    public Map<String, Payload> asMap() {
        return outputs.asMap();
    }

    /** @return how many tasks are done */
    public int size() {
        return outputs.size();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CompletedTasks that && asMap().equals(that.asMap());
    }

    @Override
    public int hashCode() {
        return asMap().hashCode();
    }

    @Override
    public String toString() {
        return "CompletedTasks" + taskIds();
    }
}
