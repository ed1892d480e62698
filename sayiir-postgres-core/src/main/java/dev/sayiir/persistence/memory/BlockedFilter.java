package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedQuery.Cursor;
import dev.sayiir.persistence.BlockedTask;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;

/** Which blocked tasks a query finds, and in which order. */
final class BlockedFilter {

    private static final Comparator<Cursor> ORDER = Comparator.comparing(Cursor::blockedAt)
            .thenComparing(Cursor::instanceId, Utf8Order.INSTANCE)
            .thenComparing(end -> end.branch().orElse(""), Utf8Order.INSTANCE);

    static final Comparator<BlockedTask> LONGEST_FIRST = Comparator.comparing(BlockedTask::cursor, ORDER);

    private BlockedFilter() {}

    static boolean matches(BlockedQuery query, BlockedTask task) {
        return is(query.instanceId(), task.instanceId())
                && isOneOf(query.definitions(), task.definitionHash())
                && isOneOf(query.taskIds(), task.taskId())
                && is(query.reason(), task.reason())
                && query.exceptBuild()
                        .filter(it -> task.build().equals(Optional.of(it)))
                        .isEmpty()
                && query.after()
                        .filter(end -> ORDER.compare(task.cursor(), end) <= 0)
                        .isEmpty();
    }

    private static boolean isOneOf(Optional<Set<String>> wanted, String value) {
        return wanted.filter(all -> !all.contains(value)).isEmpty();
    }

    private static <T> boolean is(Optional<T> wanted, T value) {
        return wanted.filter(it -> !it.equals(value)).isEmpty();
    }
}
