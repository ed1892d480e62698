package dev.sayiir.benchmarks.codec;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** What a document consists of, to be written again by the generator alone: the least that an encoder can cost. */
final class Tokens {

    private final List<JsonToken> kinds = new ArrayList<>();
    private final List<Object> values = new ArrayList<>();

    private Tokens() {}

    static Tokens of(JsonParser parser) {
        Tokens tokens = new Tokens();
        for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
            tokens.kinds.add(token);
            tokens.values.add(valueOf(parser, token));
        }
        return tokens;
    }

    private static Object valueOf(JsonParser parser, JsonToken token) {
        return switch (token) {
            case PROPERTY_NAME, VALUE_STRING -> parser.getString();
            case VALUE_NUMBER_INT -> parser.getLongValue();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_EMBEDDED_OBJECT -> parser.getBinaryValue();
            default -> token;
        };
    }

    void write(JsonGenerator generator) {
        for (int i = 0; i < kinds.size(); i++) {
            Object value = values.get(i);
            switch (kinds.get(i)) {
                case START_OBJECT -> generator.writeStartObject();
                case END_OBJECT -> generator.writeEndObject();
                case START_ARRAY -> generator.writeStartArray();
                case END_ARRAY -> generator.writeEndArray();
                case PROPERTY_NAME -> generator.writeName((String) value);
                case VALUE_STRING -> generator.writeString((String) value);
                case VALUE_NUMBER_INT -> generator.writeNumber((long) (Long) value);
                case VALUE_NUMBER_FLOAT -> generator.writeNumber((double) (Double) value);
                case VALUE_EMBEDDED_OBJECT -> generator.writeBinary((byte[]) value);
                case VALUE_TRUE -> generator.writeBoolean(true);
                case VALUE_FALSE -> generator.writeBoolean(false);
                case VALUE_NULL -> generator.writeNull();
                default -> throw new IllegalStateException("A document has no " + kinds.get(i));
            }
        }
    }
}
