package dev.sayiir.workflow;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The tasks that an instance has done and what each gave back, in the order in which they were first done. */
public final class CompletedTasks {

    /** So many are copied at most when one is added, and all of them once in as many times: there may be thousands. */
    private static final int MAX_LATEST = 32;

    private static final CompletedTasks NONE = new CompletedTasks(Map.of(), Map.of());

    private final Map<String, Payload> earlier;

    /** Done after all of {@link #earlier}, which has none of them. */
    private final Map<String, Payload> latest;

    private CompletedTasks(Map<String, Payload> earlier, Map<String, Payload> latest) {
        this.earlier = earlier;
        this.latest = latest;
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
        return outputs.isEmpty() ? NONE : new CompletedTasks(new LinkedHashMap<>(outputs), Map.of());
    }

    CompletedTasks with(String taskId, Payload output) {
        Identifiers.requireTaskId(taskId);
        boolean all = latest.size() == MAX_LATEST || earlier.containsKey(taskId);
        Map<String, Payload> more = new LinkedHashMap<>(all ? asMap() : latest);
        more.put(taskId, output);
        return all ? new CompletedTasks(more, Map.of()) : new CompletedTasks(earlier, more);
    }

    CompletedTasks without(String taskId) {
        Map<String, Payload> fewer = new LinkedHashMap<>(asMap());
        fewer.remove(taskId);
        return fewer.isEmpty() ? NONE : new CompletedTasks(fewer, Map.of());
    }

    /**
     * @param taskId a task
     * @return its output if it is done
     */
    public Optional<Payload> output(String taskId) {
        Payload output = latest.get(taskId);
        return Optional.ofNullable(output == null ? earlier.get(taskId) : output);
    }

    /**
     * @param taskId a task
     * @return whether it is done
     */
    public boolean contains(String taskId) {
        return latest.containsKey(taskId) || earlier.containsKey(taskId);
    }

    /** @return the ids of the tasks that are done */
    public Set<String> taskIds() {
        return asMap().keySet();
    }

    /** @return outputs by task id, unmodifiable */
    public Map<String, Payload> asMap() {
        return new Outputs();
    }

    /** @return how many tasks are done */
    public int size() {
        return earlier.size() + latest.size();
    }

    private final class Outputs extends AbstractMap<String, Payload> {

        @Override
        public Set<Entry<String, Payload>> entrySet() {
            return new AbstractSet<>() {

                @Override
                public Iterator<Entry<String, Payload>> iterator() {
                    return Stream.of(earlier, latest)
                            .flatMap(outputs -> Collections.unmodifiableMap(outputs).entrySet().stream())
                            .iterator();
                }

                @Override
                public int size() {
                    return CompletedTasks.this.size();
                }
            };
        }

        @Override
        public @Nullable Payload get(Object taskId) {
            return taskId instanceof String id ? output(id).orElse(null) : null;
        }

        @Override
        public boolean containsKey(Object taskId) {
            return taskId instanceof String id && contains(id);
        }
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
