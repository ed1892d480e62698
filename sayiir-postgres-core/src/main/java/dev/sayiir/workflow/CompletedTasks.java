package dev.sayiir.workflow;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The tasks that an instance has done and what each gave back, in the order in which they were first done. */
public final class CompletedTasks {

    private static final CompletedTasks NONE = new CompletedTasks(Map.of());

    private final Map<String, Payload> outputs;

    private CompletedTasks(Map<String, Payload> outputs) {
        this.outputs = Collections.unmodifiableMap(outputs);
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
        return outputs.isEmpty() ? NONE : new CompletedTasks(new LinkedHashMap<>(outputs));
    }

    CompletedTasks with(String taskId, Payload output) {
        Map<String, Payload> more = new LinkedHashMap<>(outputs);
        more.put(Identifiers.requireTaskId(taskId), output);
        return new CompletedTasks(more);
    }

    CompletedTasks without(String taskId) {
        Map<String, Payload> fewer = new LinkedHashMap<>(outputs);
        fewer.remove(taskId);
        return fewer.isEmpty() ? NONE : new CompletedTasks(fewer);
    }

    /**
     * @param taskId a task
     * @return its output if it is done
     */
    public Optional<Payload> output(String taskId) {
        return Optional.ofNullable(outputs.get(taskId));
    }

    /**
     * @param taskId a task
     * @return whether it is done
     */
    public boolean contains(String taskId) {
        return outputs.containsKey(taskId);
    }

    /** @return the ids of the tasks that are done */
    public Set<String> taskIds() {
        return outputs.keySet();
    }

    /** @return outputs by task id, unmodifiable */
    public Map<String, Payload> asMap() {
        return outputs;
    }

    /** @return how many tasks are done */
    public int size() {
        return outputs.size();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CompletedTasks that && outputs.equals(that.outputs);
    }

    @Override
    public int hashCode() {
        return outputs.hashCode();
    }

    @Override
    public String toString() {
        return "CompletedTasks" + outputs.keySet();
    }
}
