package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import java.util.Optional;

/**
 * Who asks, and why.
 *
 * @param reason why, if said
 * @param requestedBy who asks, if said
 */
public record SignalRequest(Optional<String> reason, Optional<String> requestedBy) {

    private static final SignalRequest UNEXPLAINED = new SignalRequest(Optional.empty(), Optional.empty());

    /** @throws IllegalArgumentException if a text cannot be stored */
    public SignalRequest {
        reason.ifPresent(text -> Identifiers.requireText("reason", text));
        requestedBy.ifPresent(text -> Identifiers.requireText("requester", text));
    }

    /** @return a request that says neither who nor why */
    public static SignalRequest unexplained() {
        return UNEXPLAINED;
    }

    /**
     * @param reason why
     * @param requestedBy who asks
     * @return the request
     * @throws IllegalArgumentException if a text cannot be stored
     */
    public static SignalRequest of(String reason, String requestedBy) {
        return new SignalRequest(Optional.of(reason), Optional.of(requestedBy));
    }
}
