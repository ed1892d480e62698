package dev.sayiir.worker;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A failure and what caused it. These are the application's own, and may fail themselves, or cause each other. */
final class Causes {

    private static final int MOST = 100;

    private Causes() {}

    static List<Throwable> of(Throwable failure) {
        List<Throwable> all = new ArrayList<>(List.of(failure));
        try {
            for (Throwable next = failure.getCause(); next != null && all.size() < MOST; next = next.getCause()) {
                all.add(next);
            }
        } catch (Throwable e) {
            // one that cannot say what caused it is the last one
        }
        return all;
    }

    /** Whether one of them is of one of these types. */
    static boolean areOf(Throwable failure, Collection<Class<? extends Throwable>> types) {
        return of(failure).stream().anyMatch(one -> types.stream().anyMatch(type -> type.isInstance(one)));
    }

    /** The same for failures of the same types that come from the same place. */
    static String kind(Throwable failure) {
        StringBuilder kind = new StringBuilder();
        for (Throwable one : of(failure)) {
            kind.append(one.getClass().getName()).append(place(one)).append('\n');
        }
        return kind.toString();
    }

    private static String place(Throwable failure) {
        try {
            StackTraceElement[] trace = failure.getStackTrace();
            return trace.length == 0 ? "" : " at " + trace[0];
        } catch (Throwable e) {
            return ""; // it has no stack trace that can be read
        }
    }
}
