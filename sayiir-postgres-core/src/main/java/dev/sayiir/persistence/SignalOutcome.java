package dev.sayiir.persistence;

/** What became of a request. */
public enum SignalOutcome {
    /** Nobody was working on the instance: the request has taken effect. */
    APPLIED,
    /** A worker holds one of its tasks: it takes effect at its next checkpoint, or when its claim expires. */
    PENDING,
    /** The instance was in that state already: nothing has changed. */
    UNCHANGED
}
