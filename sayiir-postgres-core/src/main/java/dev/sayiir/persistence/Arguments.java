package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;

/** For stores: refuses arguments that cannot be right, before anything is done. */
public final class Arguments {

    private Arguments() {}

    /**
     * @param position how to call the end of the page before in the error message
     * @param after the end of the page before, 0 for the first page
     * @param limit how many entries at most
     * @throws IllegalArgumentException if the end is negative or the limit less than 1
     */
    public static void requirePage(String position, long after, int limit) {
        if (after < 0) {
            throw new IllegalArgumentException(position + " is " + after + "; use 0 for the first page");
        }
        requireLimit(limit);
    }

    /**
     * @param limit how many entries at most
     * @throws IllegalArgumentException if it is less than 1
     */
    public static void requireLimit(int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("The limit is " + limit + "; it must be at least 1");
        }
    }

    /**
     * @param version the version of a checkpoint
     * @throws IllegalArgumentException if it is less than 1
     */
    public static void requireVersion(long version) {
        if (version < 1) {
            throw new IllegalArgumentException("The version is " + version + "; the first checkpoint has version 1");
        }
    }

    /**
     * @param eventName the name of an external event
     * @return the same name
     * @throws IllegalArgumentException if it is not 1 to 256 bytes of UTF-8
     */
    public static String requireEventName(String eventName) {
        return Identifiers.requireName("event name", eventName);
    }

    /**
     * @param eventKey the sender's name for one event
     * @return the same key
     * @throws IllegalArgumentException if it is not 1 to 256 bytes of UTF-8
     */
    public static String requireEventKey(String eventKey) {
        return Identifiers.requireName("event key", eventKey);
    }
}
