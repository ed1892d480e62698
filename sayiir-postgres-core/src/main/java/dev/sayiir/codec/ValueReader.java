package dev.sayiir.codec;

import static dev.sayiir.codec.Names.NANOS;
import static dev.sayiir.codec.Names.SECS;

import dev.sayiir.workflow.Payload;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Reads the small values of the format. Bytes may come as a binary value, an array of numbers, or a text. */
final class ValueReader {

    private static final int FIRST_BYTES = 256;
    private static final long MAX_UNSIGNED_32 = 0xFFFF_FFFFL;

    private final JsonParser parser;
    private final StructureReader in;
    private byte[] buffer = new byte[FIRST_BYTES];

    ValueReader(JsonParser parser, StructureReader in) {
        this.parser = parser;
        this.in = in;
    }

    boolean isText() {
        return parser.currentToken() == JsonToken.VALUE_STRING;
    }

    String text() {
        in.expect(JsonToken.VALUE_STRING, "a text");
        return parser.getString();
    }

    /** Any whole number that a Java {@code long} holds and that is not negative. */
    long unsigned() {
        in.expect(JsonToken.VALUE_NUMBER_INT, "a whole number");
        long value = parser.getLongValue();
        if (value < 0) {
            throw in.problem("the number is negative");
        }
        return value;
    }

    long unsigned32() {
        long value = unsigned();
        if (value > MAX_UNSIGNED_32) {
            throw in.problem("the number is greater than " + MAX_UNSIGNED_32);
        }
        return value;
    }

    float fraction() {
        if (parser.currentToken() != JsonToken.VALUE_NUMBER_FLOAT) {
            in.expect(JsonToken.VALUE_NUMBER_INT, "a number");
        }
        return parser.getFloatValue();
    }

    Instant unixSeconds() {
        return Instant.ofEpochSecond(unsigned());
    }

    /** RFC 3339 with any offset. */
    Instant time() {
        String text = text();
        try {
            return DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from);
        } catch (DateTimeException e) {
            throw in.problem("this is no time as RFC 3339 writes it");
        }
    }

    Duration duration() {
        Field<Long> seconds = in.mandatory(SECS, this::unsigned);
        Field<Long> nanos = in.mandatory(NANOS, this::unsigned32);
        in.object(seconds, nanos);
        return Duration.ofSeconds(seconds.required(), nanos.required());
    }

    Payload bytes() {
        if (parser.currentToken() == JsonToken.VALUE_EMBEDDED_OBJECT) {
            return Payload.of(parser.getBinaryValue());
        } else if (isText()) {
            return utf8(parser.getString());
        }
        in.expect(JsonToken.START_ARRAY, "an array of bytes");
        int size = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (size == buffer.length) {
                buffer = Arrays.copyOf(buffer, size * 2);
            }
            buffer[size++] = oneByte();
        }
        return Payload.of(Arrays.copyOf(buffer, size));
    }

    private byte oneByte() {
        in.expect(JsonToken.VALUE_NUMBER_INT, "a byte");
        int value = parser.getIntValue();
        if (value < 0 || value > 0xFF) {
            throw in.problem("a byte is out of its range, 0 to 255");
        }
        return (byte) value;
    }

    private Payload utf8(String text) {
        try {
            ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[utf8.remaining()];
            utf8.get(bytes);
            return Payload.of(bytes);
        } catch (CharacterCodingException e) {
            throw in.problem("the text has half a surrogate pair");
        }
    }
}
