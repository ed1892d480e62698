package dev.sayiir.persistence;

import java.util.regex.Pattern;

/**
 * The kind of a failure: the text of its error without what differs from instance to instance, so that failures of one cause
 * have one fingerprint. It is readable: {@code Card # of # declined}.
 */
public final class FailureFingerprint {

    /** The longest fingerprint, in characters (code points). */
    public static final int MAX_LENGTH = 200;

    private static final int READ = 1000;
    private static final int SHORTEST_ID = 4;
    private static final String ANY = "#";

    // PostgreSQL has the same in the function sayiir_failure_fingerprint; only ASCII is ever matched by class.
    private static final Pattern QUOTED = Pattern.compile("(?<![A-Za-z0-9])('[^']*'|\"[^\"]*\"|`[^`]*`)");
    private static final Pattern NUMBERED = Pattern.compile("[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*");
    private static final Pattern SPACE = Pattern.compile("[ \\t\\n\\x0B\\f\\r]+");

    private FailureFingerprint() {}

    /**
     * Makes the fingerprint of an error, as {@link WorkflowQueries} compare it. Of the first 1,000 characters of the error, in
     * this order: the instance's id, if it has four characters or more, becomes {@code #}; so does whatever is in single
     * quotes, double quotes or backticks that do not follow a letter or digit, and every word with a digit in it, where words
     * are of ASCII letters, digits, underscores and hyphens; white space becomes one space. What is left is cut to {@value
     * #MAX_LENGTH} characters.
     *
     * @param error the error with which an instance has failed
     * @param instanceId the instance
     * @return the fingerprint; empty for an empty error
     */
    public static String of(String error, String instanceId) {
        String kind = start(error, READ);
        if (instanceId.codePointCount(0, instanceId.length()) >= SHORTEST_ID) {
            kind = kind.replace(instanceId, ANY);
        }
        kind = QUOTED.matcher(kind).replaceAll(ANY);
        kind = NUMBERED.matcher(kind).replaceAll(ANY);
        kind = SPACE.matcher(kind).replaceAll(" ");
        return start(kind, MAX_LENGTH);
    }

    private static String start(String text, int characters) {
        return text.codePointCount(0, text.length()) <= characters
                ? text
                : text.substring(0, text.offsetByCodePoints(0, characters));
    }
}
