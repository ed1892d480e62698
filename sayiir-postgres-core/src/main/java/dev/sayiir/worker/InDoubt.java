package dev.sayiir.worker;

import java.util.function.Supplier;

/**
 * The transaction of a handler failed when it was to be committed, and may be committed all the same.
 *
 * @param ifStored what was stored, if it is
 * @param ifNot what comes of the task if it is not
 */
record InDoubt(StoredAlready ifStored, Supplier<Ending> ifNot) implements Ending {}
