package dev.sayiir.codec;

import java.time.DateTimeException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.TokenStreamContext;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;

/**
 * Says why bytes cannot be read, without a byte of their content: messages of Jackson and of the model quote what they
 * found, so none of them is passed on. The place is told by field names of the format and by the byte offset.
 */
final class Problems {

    private final String format;
    private final JsonParser parser;
    private final int shift;

    /**
     * @param format what the bytes should be
     * @param parser what reads them, and has not begun
     * @param start where they begin in the blob
     */
    Problems(String format, JsonParser parser, int start) {
        this.format = format;
        this.parser = parser;
        // Jackson's parsers do not agree on whether they count from the start of the array.
        this.shift = parser.currentLocation().getByteOffset() < start ? start : 0;
    }

    SnapshotSerializationException here(String what) {
        return new SnapshotSerializationException(message(what));
    }

    SnapshotSerializationException here(RuntimeException cause) {
        return new SnapshotSerializationException(message(reason(format, cause)), withoutContent(cause));
    }

    /** For bytes that are refused before there is a parser. */
    static SnapshotSerializationException atStart(String format, RuntimeException cause) {
        return new SnapshotSerializationException(
                message(format, " (at its start): " + reason(format, cause)), withoutContent(cause));
    }

    private String message(String what) {
        StringBuilder path = new StringBuilder();
        addPath(parser.streamReadContext(), path);
        String place = path.isEmpty() ? "" : " at " + path;
        long offset = parser.currentLocation().getByteOffset() + shift;
        return message(format, place + " (byte " + offset + "): " + what);
    }

    private static String message(String format, String placeAndReason) {
        return "The snapshot is not readable as " + format + placeAndReason
                + ". It is damaged, or comes from a program that this one does not understand:"
                + " go back to an earlier version of it, or read it with the program that wrote it";
    }

    private static String reason(String format, RuntimeException cause) {
        if (cause instanceof UnexpectedEndOfInputException) {
            return "it ends too early";
        } else if (cause instanceof StreamConstraintsException) {
            return "its nesting is too deep, or a name or number too long";
        } else if (cause instanceof InputCoercionException || cause instanceof ArithmeticException) {
            return "a number is out of range";
        } else if (cause instanceof IllegalArgumentException || cause instanceof DateTimeException) {
            return "a value is out of range, or an id is empty, too long or not storable";
        }
        return "this is no " + format;
    }

    /** Those that are expected say nothing more than the reason does. */
    private static @Nullable Throwable withoutContent(RuntimeException cause) {
        boolean expected = cause instanceof JacksonException || cause instanceof IllegalArgumentException;
        return expected ? null : new WithoutMessage(cause);
    }

    private static void addPath(@Nullable TokenStreamContext context, StringBuilder path) {
        if (context == null || context.inRoot()) {
            return;
        }
        addPath(context.getParent(), path);
        if (context.inArray()) {
            path.append("[]");
        }
        String name = context.currentName();
        if (name != null) {
            path.append(path.isEmpty() ? "" : ".").append(Names.shown(name));
        }
    }
}
