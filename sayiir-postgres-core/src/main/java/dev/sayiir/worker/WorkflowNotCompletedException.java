package dev.sayiir.worker;

import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The result of an instance was asked for that ended without one. */
public final class WorkflowNotCompletedException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;
    private final WorkflowStatus status;
    private final @Nullable String error;

    /**
     * @param instanceId the instance
     * @param status how it ended
     * @param error what went wrong, if it failed
     */
    public WorkflowNotCompletedException(String instanceId, WorkflowStatus status, Optional<String> error) {
        super("Instance '" + instanceId + "' has no result because it is " + status
                + "; look at its error and its event log, and start another instance if it is to be done again");
        this.instanceId = instanceId;
        this.status = status;
        this.error = error.orElse(null);
    }

    /** @return the instance */
    public String instanceId() {
        return instanceId;
    }

    /** @return how it ended: failed or cancelled */
    public WorkflowStatus status() {
        return status;
    }

    /** @return what went wrong, if it failed */
    public Optional<String> error() {
        return Optional.ofNullable(error);
    }
}
