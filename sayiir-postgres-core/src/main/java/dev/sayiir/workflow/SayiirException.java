package dev.sayiir.workflow;

import org.jspecify.annotations.Nullable;

/**
 * Root of everything this library throws on its own account. Failures of the database itself stay Spring's
 * {@code DataAccessException}; wrong arguments are {@link IllegalArgumentException}.
 */
public abstract class SayiirException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, to which instance, and what to do
     * @param cause what it came from, if anything
     */
    protected SayiirException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** @param message what happened, to which instance, and what to do */
    protected SayiirException(String message) {
        super(message);
    }
}
