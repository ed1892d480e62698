package dev.sayiir.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * A connection that listens. That is state of its session, so nobody else uses it meanwhile, and it is taken back before a
 * pool gets the connection again.
 */
final class ListenerConnection implements AutoCloseable {

    private static final int SECONDS_TO_ANSWER = 2;

    private final Connection connection;
    private final PGConnection listening;

    private ListenerConnection(Connection connection, PGConnection listening) {
        this.connection = connection;
        this.listening = listening;
    }

    /** Where connections come from. */
    interface Source {
        Connection open() throws SQLException;
    }

    static ListenerConnection open(Source source) throws SQLException {
        Connection connection = source.open();
        try {
            connection.setAutoCommit(true);
            return new ListenerConnection(connection, connection.unwrap(PGConnection.class));
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    void listen(NotifyChannel channel) throws SQLException {
        execute("LISTEN \"" + channel.name() + '"');
    }

    void stopListening() throws SQLException {
        execute("UNLISTEN *");
    }

    /** What has been sent, waiting for it if need be; nothing if nothing came in time. */
    List<String> await(Duration timeout) throws SQLException {
        List<String> payloads = new ArrayList<>();
        for (PGNotification notification : listening.getNotifications((int) timeout.toMillis())) {
            payloads.add(notification.getParameter());
        }
        return payloads;
    }

    /** A server that is gone without a word looks like one that has nothing to say. */
    void requireAlive() throws SQLException {
        if (!connection.isValid(SECONDS_TO_ANSWER)) {
            throw new SQLException("The server has not answered for " + SECONDS_TO_ANSWER + " seconds");
        }
    }

    @Override
    public void close() throws SQLException {
        try (connection) {
            if (!connection.isClosed()) {
                stopListening();
            }
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
