package dev.sayiir.persistence;

/** What became of an event. */
public enum EventOutcome {
    /** The instance was waiting for an event of that name, and has gone on: with this one, or with an older one. */
    DELIVERED,
    /** The instance is not waiting for it: it is kept until it is consumed. */
    BUFFERED,
    /** The instance has had an event with that key before: this one was dropped. */
    DUPLICATE
}
