package dev.sayiir.persistence;

/** Where a wake-up comes from. */
public enum WakeUpSource {
    /** The same backend has stored something that may be due. */
    LOCAL,

    /** Another process has told so. */
    NOTIFICATION,

    /** The store can hear other processes, for the first time or again; what they told meanwhile is lost, so poll. */
    RECONNECTED
}
