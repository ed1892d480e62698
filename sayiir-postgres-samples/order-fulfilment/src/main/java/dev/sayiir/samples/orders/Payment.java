package dev.sayiir.samples.orders;

/**
 * What the payment provider answers.
 *
 * @param key the key under which it was asked
 * @param cents what it took
 */
record Payment(String key, long cents) {}
