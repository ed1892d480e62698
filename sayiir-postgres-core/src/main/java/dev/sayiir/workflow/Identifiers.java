package dev.sayiir.workflow;

/**
 * The rules that every identifier and every text keeps before it may go near a store. All limits count bytes of
 * UTF-8, which is what PostgreSQL stores and indexes.
 */
public final class Identifiers {

    /** Longest instance id, task id, definition hash, name or tag, in bytes of UTF-8. */
    public static final int MAX_BYTES = 256;

    /** Longest fork id, in bytes of UTF-8: Sayiir makes it by joining the ids of all branches. */
    public static final int MAX_FORK_ID_BYTES = 1024;

    private Identifiers() {}

    /**
     * @param instanceId the id to check
     * @return the same id
     * @throws IllegalArgumentException if it is empty, longer than {@value #MAX_BYTES} bytes, or not storable text
     */
    public static String requireInstanceId(String instanceId) {
        return require("instance id", instanceId, MAX_BYTES);
    }

    /**
     * @param taskId the id of a task, delay, signal, join or loop
     * @return the same id
     * @throws IllegalArgumentException if it is empty, longer than {@value #MAX_BYTES} bytes, or not storable text
     */
    public static String requireTaskId(String taskId) {
        return require("task id", taskId, MAX_BYTES);
    }

    /**
     * @param forkId the id of a fork, or of anything else that an instance can be at
     * @return the same id
     * @throws IllegalArgumentException if it is empty, longer than {@value #MAX_FORK_ID_BYTES} bytes, or not storable
     *     text
     */
    public static String requireForkId(String forkId) {
        return require("fork or task id", forkId, MAX_FORK_ID_BYTES);
    }

    /**
     * @param what how to call the value in the error message
     * @param value the value to check
     * @return the same value
     * @throws IllegalArgumentException if it is empty, longer than {@value #MAX_BYTES} bytes, or not storable text
     */
    public static String requireName(String what, String value) {
        return require(what, value, MAX_BYTES);
    }

    private static String require(String what, String value, int maxBytes) {
        if (value.isEmpty()) {
            throw new IllegalArgumentException(
                    "The " + what + " is empty; give it 1 to " + maxBytes + " bytes of UTF-8");
        }
        int bytes = utf8Length(what, value);
        if (bytes > maxBytes) {
            throw new IllegalArgumentException("The " + what + " '" + start(value) + "…' takes " + bytes
                    + " bytes in UTF-8; at most " + maxBytes + " are allowed");
        }
        return value;
    }

    /**
     * Checks a text of any length.
     *
     * @param what how to call the value in the error message
     * @param value the text to check
     * @return the same text
     * @throws IllegalArgumentException if it holds a NUL character or half a surrogate pair
     */
    public static String requireText(String what, String value) {
        utf8Length(what, value);
        return value;
    }

    private static int utf8Length(String what, String value) {
        int bytes = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == 0) {
                throw new IllegalArgumentException("The " + what + " has a NUL character at index " + i
                        + ", which PostgreSQL cannot store; remove it");
            } else if (c < 0x80) {
                bytes += 1;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                throw new IllegalArgumentException("The " + what + " has half a surrogate pair at index " + i
                        + ", which is no character and cannot be stored; remove it");
            }
        }
        return bytes;
    }

    private static String start(String value) {
        return value.substring(0, value.offsetByCodePoints(0, Math.min(20, value.codePointCount(0, value.length()))));
    }
}
