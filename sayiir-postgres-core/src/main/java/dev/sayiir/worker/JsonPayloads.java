package dev.sayiir.worker;

import dev.sayiir.workflow.Payload;
import java.lang.reflect.Type;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/** Values of the application as payloads, and back. What Jackson says is not passed on: it quotes what it could not read. */
final class JsonPayloads {

    private final JsonMapper mapper;

    JsonPayloads(JsonMapper mapper) {
        this.mapper = mapper;
    }

    /** @throws IllegalArgumentException if the value cannot be written as JSON */
    Payload write(String what, Object value) {
        if (value instanceof Payload payload) {
            return payload;
        }
        try {
            return Payload.of(mapper.writeValueAsBytes(value));
        } catch (JacksonException e) {
            throw new IllegalArgumentException(
                    "The " + what + " is a " + value.getClass().getName() + " that cannot be written as JSON ("
                            + e.getClass().getSimpleName() + "); make it one that Jackson can write, or a Payload");
        }
    }

    <T> T read(String what, Payload payload, Class<T> type) {
        return type.cast(read(what, payload, (Type) type));
    }

    /** @throws IllegalArgumentException if the payload is nothing like that */
    Object read(String what, Payload payload, Type type) {
        if (type == Payload.class) {
            return payload;
        }
        JavaType target = mapper.constructType(type);
        Object value;
        try {
            value = mapper.readValue(payload.bytes(), target);
        } catch (JacksonException e) {
            throw unreadable(what, payload, target, e.getClass().getSimpleName());
        }
        if (value == null) {
            throw unreadable(what, payload, target, "null");
        }
        return value;
    }

    private static IllegalArgumentException unreadable(String what, Payload payload, JavaType target, String problem) {
        return new IllegalArgumentException("The " + what + ", " + payload.size() + " bytes, cannot be read as "
                + target.toCanonical() + " (" + problem + "); look at what was sent, or take it as a Payload");
    }
}
