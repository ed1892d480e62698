package dev.sayiir.codec;

import java.io.OutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * Reads objects, maps, variants and lists from a stream of tokens that may hold anything. Each method begins at the
 * first token of its value and ends at the last one. Made for one stream.
 */
final class StructureReader {

    private final JsonParser parser;
    private final Problems problems;

    StructureReader(JsonParser parser, Problems problems) {
        this.parser = parser;
        this.problems = problems;
    }

    /**
     * Reads the only value of the stream.
     *
     * @throws SnapshotSerializationException whatever went wrong
     */
    <T> T document(Supplier<T> value) {
        try {
            parser.nextToken();
            T result = value.get();
            // A format's own end mark gives no token either, and would hide what follows it.
            if (parser.nextToken() != null || parser.releaseBuffered(OutputStream.nullOutputStream()) > 0) {
                throw problem("something follows the snapshot");
            }
            return result;
        } catch (SnapshotSerializationException e) {
            throw e;
        } catch (RuntimeException e) {
            throw problems.here(e);
        }
    }

    <T> Field<T> mandatory(String name, Supplier<T> value) {
        return new Field<>(this, name, name, false, value);
    }

    <T> Field<T> mandatory(String name, String otherName, Supplier<T> value) {
        return new Field<>(this, name, otherName, false, value);
    }

    /** A field that may be missing, and may be null where {@code mandatory} would refuse it. */
    <T> Field<T> optional(String name, Supplier<T> value) {
        return new Field<>(this, name, name, true, value);
    }

    /** Reads an object into these fields, skipping all others. */
    void object(Field<?>... fields) {
        expect(JsonToken.START_OBJECT, "an object");
        for (String name = nextName(); name != null; name = nextName()) {
            parser.nextToken();
            Field<?> field = named(name, fields);
            if (field == null) {
                parser.skipChildren();
            } else {
                field.read();
            }
        }
    }

    /** Reads an object whose names are data; the function is given the name and reads the value. */
    <T> Map<String, T> map(Function<String, T> value) {
        expect(JsonToken.START_OBJECT, "an object");
        Map<String, T> map = new LinkedHashMap<>();
        for (String name = nextName(); name != null; name = nextName()) {
            parser.nextToken();
            if (map.put(name, value.apply(name)) != null) {
                throw problem("the entry is there twice");
            }
        }
        return map;
    }

    /** Reads an object of one field, the name of a variant; the function is given the name and reads the value. */
    <T> T variant(Function<String, T> value) {
        expect(JsonToken.START_OBJECT, "an object");
        String name = nextName();
        if (name == null) {
            throw problem("the name of a variant is needed, and there is none");
        }
        parser.nextToken();
        T result = value.apply(name);
        if (nextName() != null) {
            throw problem("there is more than one variant");
        }
        return result;
    }

    <T> List<T> list(Supplier<T> value) {
        expect(JsonToken.START_ARRAY, "an array");
        List<T> list = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            list.add(value.get());
        }
        return list;
    }

    boolean isNull() {
        return parser.currentToken() == JsonToken.VALUE_NULL;
    }

    void expect(JsonToken token, String what) {
        if (parser.currentToken() != token) {
            throw expected(what);
        }
    }

    SnapshotSerializationException expected(String what) {
        return problem(what + " is needed, and there is " + found(parser.currentToken()));
    }

    SnapshotSerializationException unknownVariant() {
        return problem("the variant is unknown");
    }

    SnapshotSerializationException problem(String what) {
        return problems.here(what);
    }

    private @Nullable String nextName() {
        if (parser.nextToken() == JsonToken.END_OBJECT) {
            return null;
        }
        expect(JsonToken.PROPERTY_NAME, "a name");
        return parser.currentName();
    }

    private static @Nullable Field<?> named(String name, Field<?>... fields) {
        for (Field<?> field : fields) {
            if (field.isCalled(name)) {
                return field;
            }
        }
        return null;
    }

    private static String found(@Nullable JsonToken token) {
        if (token == null) {
            return "nothing";
        }
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> "a text";
            case VALUE_NUMBER_INT -> "a whole number";
            case VALUE_NUMBER_FLOAT -> "a fraction";
            case VALUE_TRUE, VALUE_FALSE -> "a boolean";
            case VALUE_NULL -> "null";
            case VALUE_EMBEDDED_OBJECT -> "a binary value";
            default -> "none";
        };
    }
}
