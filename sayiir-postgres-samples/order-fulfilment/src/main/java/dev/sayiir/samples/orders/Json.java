package dev.sayiir.samples.orders;

import dev.sayiir.workflow.Payload;
import tools.jackson.databind.json.JsonMapper;

/** What payloads hold is the application's choice; this one chooses JSON. */
final class Json {

    private final JsonMapper mapper;

    Json(JsonMapper mapper) {
        this.mapper = mapper;
    }

    Payload write(Object value) {
        return Payload.of(mapper.writeValueAsBytes(value));
    }

    <T> T read(Payload payload, Class<T> type) {
        return mapper.readValue(payload.bytes(), type);
    }
}
