package dev.sayiir.persistence;

/** What an instance can be asked to do. */
public enum SignalKind {
    /** End, whatever it is doing. */
    CANCEL,
    /** Stop until it is told to go on. */
    PAUSE
}
