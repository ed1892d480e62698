package dev.sayiir.persistence;

import java.time.Instant;
import java.util.Optional;

/**
 * One entry of the event log, without payload.
 *
 * @param id its place in the log: later entries of one instance have greater ids
 * @param instanceId the instance
 * @param kind what happened
 * @param name the name of an external event; of a fork, the other instance; empty for other kinds
 * @param requestedBy who asked for it, if that is known
 * @param reason why, if that is known; of a failure, the error
 * @param createdAt when it was written, by the store's clock
 * @param consumedAt when a request took effect or an external event was consumed, or both were dropped with the end of
 *     the instance; empty while they are pending, for entries that only report, and for external
 *     events that an end dropped once the instance goes on
 */
public record WorkflowEvent(
        long id,
        String instanceId,
        Kind kind,
        Optional<String> name,
        Optional<String> requestedBy,
        Optional<String> reason,
        Instant createdAt,
        Optional<Instant> consumedAt) {

    /** What can happen to an instance. */
    public enum Kind {
        /** It was created. */
        STARTED("Started"),
        /** Somebody asked to cancel it. */
        CANCEL_REQUESTED("CancelRequested"),
        /** Somebody asked to pause it. */
        PAUSE_REQUESTED("PauseRequested"),
        /** It was cancelled. */
        CANCELLED("Cancelled"),
        /** It was paused. */
        PAUSED("Paused"),
        /** It went on after a pause. */
        RESUMED("Resumed"),
        /** It finished with a result. */
        COMPLETED("Completed"),
        /** It finished with an error. */
        FAILED("Failed"),
        /** One of its tasks cannot be done, and is not tried any more; the reason says which, and why. */
        BLOCKED("Blocked"),
        /** A blocked task goes on; the reason says why. */
        UNBLOCKED("Unblocked"),
        /** It was sent an external event. */
        EVENT_SENT("EventSent"),
        /** It went on from an earlier version, after it had ended or not. */
        REDRIVEN("Redriven"),
        /** Another instance was made that begins with one of its versions. */
        FORKED_TO("ForkedTo"),
        /** It was made from a version of another instance. */
        FORKED_FROM("ForkedFrom");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** @return the name in the {@code kind} column */
        public String text() {
            return text;
        }

        /**
         * @param text the name in the {@code kind} column
         * @return the kind of that name
         * @throws IllegalArgumentException if there is no such kind
         */
        public static Kind ofText(String text) {
            for (Kind kind : values()) {
                if (kind.text.equals(text)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("There is no event kind '" + text + "'");
        }

        @Override
        public String toString() {
            return text;
        }
    }
}
