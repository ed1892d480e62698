package dev.sayiir.worker;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** What is stored of a failure: text of a size that fits a column, and without what PostgreSQL cannot store. */
final class ErrorText {

    private static final int MAX_CHARS = 2_000;

    private ErrorText() {}

    static String of(Throwable failure) {
        @Nullable String message = failure.getMessage();
        String name = failure.getClass().getName();
        return storable(message == null ? name : name + ": " + message);
    }

    static String storable(String text) {
        String start = text.length() <= MAX_CHARS ? text : text.substring(0, MAX_CHARS - 1) + "…";
        // Encoding replaces halves of surrogate pairs.
        return new String(start.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).replace('\0', '\ufffd');
    }
}
