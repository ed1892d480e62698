package dev.sayiir.postgres;

/** How a backend hears from other processes that a task may be due. Polling goes on in every mode. */
public enum NotifyMode {
    /**
     * By {@code LISTEN} and {@code NOTIFY}, if a first notification, sent through the DataSource, arrives. If not, as behind
     * a pooler in transaction mode, it is polling alone, and a line in the log says so.
     */
    AUTO,

    /** By {@code LISTEN} and {@code NOTIFY}, without a proof that notifications arrive. */
    LISTEN,

    /** Not at all: neither listens nor notifies others. */
    POLL
}
