package dev.sayiir.persistence;

/** What retention deletes. */
public enum PurgedKind {
    /** Finished instances, with all that belongs to them. */
    INSTANCES,
    /** Checkpoints of instances that stay. */
    VERSIONS,
    /** Entries of the event log. */
    EVENTS
}
