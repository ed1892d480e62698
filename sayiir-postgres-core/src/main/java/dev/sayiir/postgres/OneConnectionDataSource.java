package dev.sayiir.postgres;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.AbstractDataSource;

/**
 * For Flyway, which takes several connections and ends transactions as it goes: always the same connection, whose transaction
 * is not Flyway's to commit. What has failed is rolled back, and with it all that was done before; the connection can be used
 * to tidy up, but what is done then is lost as well. Nor is the URL of the database told, because Flyway logs it.
 */
final class OneConnectionDataSource extends AbstractDataSource {

    private static final String NO_URL = "jdbc:postgresql:";

    private final Connection connection;

    /** @param connection in a transaction, which the caller ends; and closes it */
    OneConnectionDataSource(Connection connection) {
        this.connection = connection;
    }

    @Override
    public Connection getConnection() {
        Replacement nothing = () -> null;
        return intercepting(
                Connection.class,
                connection,
                Map.of(
                        "commit", nothing,
                        "setAutoCommit", nothing,
                        "close", nothing,
                        "getMetaData", this::metaData));
    }

    @Override
    public Connection getConnection(String username, String password) {
        throw new UnsupportedOperationException("There is but the one connection");
    }

    private DatabaseMetaData metaData() throws SQLException {
        return intercepting(DatabaseMetaData.class, connection.getMetaData(), Map.of("getURL", () -> NO_URL));
    }

    private interface Replacement {
        @Nullable
        Object get() throws SQLException;
    }

    private static <T> T intercepting(Class<T> type, T target, Map<String, Replacement> replacements) {
        Object proxy = Proxy.newProxyInstance(
                OneConnectionDataSource.class.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    Replacement replacement = replacements.get(method.getName());
                    if (replacement != null) {
                        return replacement.get();
                    }
                    try {
                        return method.invoke(target, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
        return type.cast(proxy);
    }
}
