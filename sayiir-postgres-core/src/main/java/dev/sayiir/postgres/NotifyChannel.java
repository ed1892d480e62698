package dev.sayiir.postgres;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A channel of {@code NOTIFY}, which knows databases but no schemas. As {@code LISTEN} takes no bound values, names are
 * made of letters, digits and underscores alone.
 */
record NotifyChannel(String name) {

    private static final Pattern PLAIN = Pattern.compile("[a-z0-9_]{1,32}");

    /** The channel of a schema; longer and odd names go in as a hash, as PostgreSQL takes 63 bytes at most. */
    static NotifyChannel of(SchemaName schema) {
        String plain = PLAIN.matcher(schema.name()).matches() ? schema.name() : hash(schema.name());
        return new NotifyChannel("sayiir_ready_" + plain);
    }

    /** One that nobody else listens to. */
    static NotifyChannel random() {
        return new NotifyChannel("sayiir_proof_" + UUID.randomUUID().toString().replace('-', '_'));
    }

    private static String hash(String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 20);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
