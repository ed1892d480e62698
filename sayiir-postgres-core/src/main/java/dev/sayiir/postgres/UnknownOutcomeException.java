package dev.sayiir.postgres;

import org.springframework.dao.DataAccessResourceFailureException;

/**
 * The connection was lost while a change was being committed, and the database cannot be asked what became of it: it may have
 * been stored. Look at the instance before doing it again. Wherever the store can find out by itself, it does.
 */
public final class UnknownOutcomeException extends DataAccessResourceFailureException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;

    UnknownOutcomeException(String instanceId, Throwable cause) {
        super(
                "The connection was lost while a change of instance '" + instanceId + "' was being committed, and the "
                        + "database could not be asked whether it was. Look at the instance before doing it again",
                cause);
        this.instanceId = instanceId;
    }

    /** @return the instance that was to be changed, or the first one of several */
    public String instanceId() {
        return instanceId;
    }
}
