package dev.sayiir.postgres;

import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What a {@link NotificationListener} listens to.
 *
 * @param connections where its connection comes from
 * @param isOver whether no connection can be had from there any more
 * @param channel what it listens to
 * @param senderId what the backend's own notifications carry
 * @param proof to be asked first, if notifications may not arrive
 * @param silence after how long without a word to see whether the server is still there
 */
record ListenerSettings(
        ListenerConnection.Source connections,
        BooleanSupplier isOver,
        NotifyChannel channel,
        String senderId,
        Optional<ArrivalProof> proof,
        Duration silence) {

    static final Duration SILENCE = Duration.ofSeconds(30);
}
