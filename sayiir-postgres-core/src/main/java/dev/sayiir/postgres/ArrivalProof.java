package dev.sayiir.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;

/** Finds out whether what is sent through the DataSource arrives at a connection that listens. */
final class ArrivalProof {

    private static final Duration LIMIT = Duration.ofSeconds(2);

    private final DataSource dataSource;
    private final NotificationSender sender;
    private final boolean ownConnection;

    /** @param ownConnection whether the connections that listen are none of the DataSource's */
    ArrivalProof(DataSource dataSource, NotificationSender sender, boolean ownConnection) {
        this.dataSource = dataSource;
        this.sender = sender;
        this.ownConnection = ownConnection;
    }

    /**
     * What stands in the way, and what to do about it. The channel is one that is never used again: a pooler may leave
     * whoever gets the server's connection next with it.
     */
    Optional<String> obstacle(ListenerConnection connection) throws SQLException {
        if (!ownConnection && Pools.hasOneConnection(dataSource)) {
            return Optional.of("The pool has a single connection, which listening would take for good. Make the pool "
                    + "larger, set a URL of its own for notifications (notifyUrl), or set the notify mode to POLL.");
        }
        NotifyChannel channel = NotifyChannel.random();
        connection.listen(channel);
        sender.send(channel);
        boolean arrived = !connection.await(LIMIT).isEmpty();
        connection.stopListening();
        return arrived
                ? Optional.empty()
                : Optional.of("A notification did not arrive within " + LIMIT.toSeconds() + " seconds, as behind a "
                        + "pooler in transaction mode. Set a URL of its own for notifications that leads to the same "
                        + "database directly (notifyUrl), or set the notify mode to POLL.");
    }
}
