package dev.sayiir.postgres;

import org.springframework.dao.DataAccessResourceFailureException;

/** The connection was lost during a commit, and the database cannot be asked what became of it. */
final class UnknownOutcomeException extends DataAccessResourceFailureException {

    UnknownOutcomeException(String instanceId, Throwable cause) {
        super(
                "The connection was lost while a change of instance '" + instanceId + "' was being committed, and the "
                        + "database could not be asked whether it was. Look at the instance before doing it again",
                cause);
    }
}
