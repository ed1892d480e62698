package dev.sayiir.persistence;

import dev.sayiir.workflow.SayiirException;

/** An instance was to be created with an id that is taken. */
public final class InstanceAlreadyExistsException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final String instanceId;

    /** @param instanceId the id that is taken */
    public InstanceAlreadyExistsException(String instanceId) {
        super("Instance '" + instanceId + "' exists already; load it to carry on with it, or choose another id");
        this.instanceId = instanceId;
    }

    /** @return the id that is taken */
    public String instanceId() {
        return instanceId;
    }
}
