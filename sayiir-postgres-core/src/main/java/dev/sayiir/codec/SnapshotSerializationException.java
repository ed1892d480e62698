package dev.sayiir.codec;

import dev.sayiir.workflow.SayiirException;
import org.jspecify.annotations.Nullable;

/** A snapshot cannot be written as bytes, or bytes are no snapshot. The message never shows content. */
public final class SnapshotSerializationException extends SayiirException {

    private static final long serialVersionUID = 1L;

    /** @param message what is wrong, and what to do */
    public SnapshotSerializationException(String message) {
        super(message);
    }

    /**
     * @param message what is wrong, and what to do
     * @param cause what it came from; its message must not show content
     */
    public SnapshotSerializationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * For stores: the same problem, told with the place where it was found.
     *
     * @param instanceId the instance
     * @param version the version of the checkpoint, or 0 for one that is not stored yet
     * @return an exception that names both
     */
    public SnapshotSerializationException of(String instanceId, long version) {
        String which = version == 0 ? "" : ", version " + version;
        return new SnapshotSerializationException("Instance '" + instanceId + "'" + which + ": " + getMessage(), this);
    }
}
