package dev.sayiir.workflow;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes that belong to the application: an input, a task's output, an event. Immutable, equal by content, and never
 * printed: {@link #toString()} tells the size only. Zero bytes are a payload like any other.
 */
public final class Payload {

    private static final Payload EMPTY = new Payload(new byte[0]);

    private final byte[] bytes;

    private Payload(byte[] bytes) {
        this.bytes = bytes;
    }

    /** @return the payload of no bytes, which is a value and not a missing one */
    public static Payload empty() {
        return EMPTY;
    }

    /**
     * @param bytes the content, copied
     * @return a payload of these bytes
     */
    public static Payload of(byte[] bytes) {
        return bytes.length == 0 ? EMPTY : new Payload(bytes.clone());
    }

    /**
     * @param text the content
     * @return a payload of the text's UTF-8 bytes
     */
    public static Payload utf8(String text) {
        return text.isEmpty() ? EMPTY : new Payload(text.getBytes(StandardCharsets.UTF_8));
    }

    /** @return a copy of the content */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** @return the content read as UTF-8 */
    public String asUtf8() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** @return the number of bytes */
    public int size() {
        return bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Payload that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "Payload[" + bytes.length + " bytes]";
    }
}
