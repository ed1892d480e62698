package dev.sayiir.postgres;

/** What to do about the schema before the stores are used. */
public enum MigrationMode {
    /** Create or upgrade it. */
    MIGRATE,
    /** Check that everything is there and as it should be; change nothing. */
    VALIDATE,
    /** Trust that it is there. */
    NONE
}
