package dev.sayiir.workflow;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Task ids are readable names, such as {@code charge-card}. This is the bridge to Sayiir 1.x, which names a task by the
 * hash of that name.
 */
public final class TaskId {

    private TaskId() {}

    /**
     * The form in which Sayiir 1.x writes a task's name into a snapshot.
     *
     * @param name the readable name
     * @return 64 lower-case hexadecimal digits: SHA-256 of the name's UTF-8 bytes
     * @throws IllegalArgumentException if the name is no valid task id
     */
    public static String sha256(String name) {
        byte[] utf8 = Identifiers.requireTaskId(name).getBytes(StandardCharsets.UTF_8);
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(utf8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256; this one says that it does not", e);
        }
    }
}
