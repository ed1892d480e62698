package dev.sayiir.persistence;

import java.time.Instant;

/**
 * An external event that has not been consumed yet, without its payload.
 *
 * @param id its place in the event log
 * @param name its name
 * @param payloadSize how many bytes it brings
 * @param sentAt when it was stored, by the store's clock
 */
public record PendingEvent(long id, String name, int payloadSize, Instant sentAt) {}
