package dev.sayiir.postgres;

/** Whether a backend can hear other processes. */
public enum WakeUpState {
    /** It does not listen: nobody has subscribed, the mode is {@link NotifyMode#POLL}, or the backend is closed. */
    OFF,

    /** It is connecting, for the first time or again; wake-ups of other processes are missed. */
    CONNECTING,

    /** It hears other processes. */
    LISTENING,

    /** Notifications do not arrive, as {@link NotifyMode#AUTO} has found out; it is polling alone until the backend is built anew. */
    FALLEN_BACK
}
