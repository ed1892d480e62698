package dev.sayiir.codec;

import static dev.sayiir.codec.Names.NANOS;
import static dev.sayiir.codec.Names.SECS;

import dev.sayiir.workflow.Payload;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteCapability;

/** Writes the small values of the format. Text formats get bytes as an array of numbers, binary ones as they are. */
final class ValueWriter {

    private final JsonGenerator out;
    private final boolean binary;

    ValueWriter(JsonGenerator out) {
        this.out = out;
        this.binary = out.has(StreamWriteCapability.CAN_WRITE_BINARY_NATIVELY);
    }

    void begin(String name) {
        out.writeObjectPropertyStart(name);
    }

    void end() {
        out.writeEndObject();
    }

    void text(String name, String value) {
        out.writeStringProperty(name, value);
    }

    void text(String name, Optional<String> value) {
        out.writeName(name);
        value.ifPresentOrElse(out::writeString, out::writeNull);
    }

    void number(String name, long value) {
        out.writeNumberProperty(name, value);
    }

    void number(String name, float value) {
        out.writeName(name);
        if (binary) {
            out.writeNumber(value);
        } else {
            out.writeNumber(FloatText.of(value));
        }
    }

    /** The formatter writes 0, 3, 6 or 9 digits of fraction, whatever is exact. */
    void time(String name, Instant value) {
        text(name, DateTimeFormatter.ISO_INSTANT.format(value));
    }

    void time(String name, Optional<Instant> value) {
        text(name, value.map(DateTimeFormatter.ISO_INSTANT::format));
    }

    void duration(String name, Duration value) {
        begin(name);
        number(SECS, value.getSeconds());
        number(NANOS, value.getNano());
        end();
    }

    void duration(String name, Optional<Duration> value) {
        value.ifPresentOrElse(present -> duration(name, present), () -> out.writeNullProperty(name));
    }

    void bytes(String name, Payload value) {
        out.writeName(name);
        byte[] bytes = value.bytes();
        if (binary) {
            out.writeBinary(bytes);
            return;
        }
        out.writeStartArray();
        for (byte each : bytes) {
            out.writeNumber(each & 0xFF);
        }
        out.writeEndArray();
    }
}
