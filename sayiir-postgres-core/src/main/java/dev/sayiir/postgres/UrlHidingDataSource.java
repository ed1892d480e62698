package dev.sayiir.postgres;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** For Flyway, which logs the URL of its database: connections that do not tell it. */
final class UrlHidingDataSource extends DelegatingDataSource {

    private static final String NO_URL = "jdbc:postgresql:";

    UrlHidingDataSource(DataSource target) {
        super(target);
    }

    @Override
    public Connection getConnection() throws SQLException {
        Connection connection = super.getConnection();
        return intercepting(Connection.class, connection, "getMetaData", () -> {
            DatabaseMetaData metaData = connection.getMetaData();
            return intercepting(DatabaseMetaData.class, metaData, "getURL", () -> NO_URL);
        });
    }

    private interface Replacement {
        Object get() throws SQLException;
    }

    private static <T> T intercepting(Class<T> type, T target, String methodName, Replacement replacement) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            if (method.getName().equals(methodName)) {
                return replacement.get();
            }
            try {
                return method.invoke(target, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(
                Proxy.newProxyInstance(UrlHidingDataSource.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
