package dev.sayiir.worker;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is stored of a failure: text of a size that fits a column, and without what PostgreSQL cannot store. Exceptions are
 * the application's own code, and may fail themselves when they are asked what they are.
 */
final class ErrorText {

    private static final int MAX_CHARS = 2_000;
    private static final int MAX_LOGGED_CHARS = 100_000;
    private static final int MOST_LOGGED = 100;

    private ErrorText() {}

    static String of(Throwable failure) {
        String name = failure.getClass().getName();
        try {
            @Nullable String message = failure.getMessage();
            return storable(message == null ? name : name + ": " + start(message));
        } catch (Throwable e) {
            return storable(
                    name + " (its message cannot be read: " + e.getClass().getName() + ")");
        }
    }

    static String storable(String text) {
        // Encoding replaces halves of surrogate pairs.
        return new String(start(text).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace('\0', '\ufffd');
    }

    private static String start(String text) {
        return text.length() <= MAX_CHARS ? text : text.substring(0, MAX_CHARS - 1) + "…";
    }

    /** The failure itself, if it can be logged without harm; else what stands in for it, with its stack trace. */
    static Throwable loggable(Throwable failure) {
        try {
            if (isHarmless(failure)) {
                return failure;
            }
        } catch (Throwable e) {
            // cannot be logged
        }
        RuntimeException standIn = new RuntimeException(of(failure));
        try {
            standIn.setStackTrace(failure.getStackTrace());
        } catch (Throwable e) {
            // has no stack trace that can be read
        }
        return standIn;
    }

    /** Whether it, what caused it and what it suppressed are few, short, and can be read. */
    private static boolean isHarmless(Throwable failure) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Throwable> toSee = new ArrayDeque<>(List.of(failure));
        long chars = 0;
        while (!toSee.isEmpty() && seen.size() <= MOST_LOGGED && chars <= MAX_LOGGED_CHARS) {
            Throwable next = toSee.remove();
            if (seen.add(next)) {
                chars += String.valueOf(next.toString()).length()
                        + String.valueOf(next.getMessage()).length();
                Optional.ofNullable(next.getCause()).ifPresent(toSee::add);
                toSee.addAll(List.of(next.getSuppressed()));
            }
        }
        return toSee.isEmpty() && chars <= MAX_LOGGED_CHARS;
    }
}
