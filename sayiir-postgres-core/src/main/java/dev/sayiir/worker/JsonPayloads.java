package dev.sayiir.worker;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.json.JsonMapper;

/**
 * Values of the application as payloads, and back. What Jackson and the types themselves say is not passed
 * on: it quotes what could not be read.
 */
final class JsonPayloads {

    /** Jackson's own. A method reference in place of the lambda would load it here already. */
    static final Supplier<JsonMapper> DEFAULT_MAPPER = () -> JsonMapper.shared();

    private final Supplier<JsonMapper> mapper;

    /** @param mapper gives the same one at every call, and is asked for it when it is first needed */
    JsonPayloads(Supplier<JsonMapper> mapper) {
        this.mapper = mapper;
    }

    /** @throws IllegalArgumentException if the value cannot be written as JSON */
    Payload write(String what, Object value) {
        if (value instanceof Payload payload) {
            return payload;
        }
        try {
            return Payload.of(mapper.get().writeValueAsBytes(value));
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            throw new IllegalArgumentException(
                    "The " + what + " is a " + value.getClass().getName() + " that cannot be written as JSON ("
                            + e.getClass().getSimpleName() + "); make it one that Jackson can write, or a Payload");
        }
    }

    /** The results as they are, each under its label; one of no bytes as null. */
    Payload object(Map<String, TaskResult> results) {
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        String separator = "{";
        for (Map.Entry<String, TaskResult> result : results.entrySet()) {
            json.writeBytes((separator + mapper.get().writeValueAsString(result.getKey()) + ":")
                    .getBytes(StandardCharsets.UTF_8));
            Payload output = result.getValue().output();
            json.writeBytes(output.size() == 0 ? "null".getBytes(StandardCharsets.UTF_8) : output.bytes());
            separator = ",";
        }
        json.writeBytes((results.isEmpty() ? "{}" : "}").getBytes(StandardCharsets.UTF_8));
        return Payload.of(json.toByteArray());
    }

    <T> T read(String what, Payload payload, Class<T> type) {
        return type.cast(read(what, payload, (Type) type));
    }

    /** @throws IllegalArgumentException if the payload is nothing like that */
    Object read(String what, Payload payload, Type type) {
        if (type == Payload.class) {
            return payload;
        }
        JavaType target = mapper.get().constructType(type);
        Object value;
        try {
            value = mapper.get().readValue(payload.bytes(), target);
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
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
