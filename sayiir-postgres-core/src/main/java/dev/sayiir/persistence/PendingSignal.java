package dev.sayiir.persistence;

import java.time.Instant;

/**
 * A request that has not been carried out yet.
 *
 * @param kind what is asked for
 * @param request who asks, and why
 * @param requestedAt when it was stored, by the store's clock
 */
public record PendingSignal(SignalKind kind, SignalRequest request, Instant requestedAt) {}
