package dev.sayiir.postgres;

import java.sql.DriverManager;
import java.sql.SQLException;

/** Checks JDBC URLs before a pool or a driver does, which would show the whole URL, perhaps with a password in it. */
public final class PostgresUrl {

    private PostgresUrl() {}

    /**
     * @param url the JDBC URL of a database
     * @return the same URL
     * @throws IllegalArgumentException if no driver accepts it, or it has credentials before the host; the message does
     *     not show it
     */
    public static String requireUsable(String url) {
        String beforeParameters = url.split("\\?", 2)[0];
        if (beforeParameters.contains("@") || !hasDriver(url)) {
            throw new IllegalArgumentException(
                    "The database URL (not shown, as there may be a password in it) is not a "
                            + "JDBC URL that any driver accepts; write it as jdbc:postgresql://host:port/database, and pass "
                            + "user and password separately");
        }
        return url;
    }

    private static boolean hasDriver(String url) {
        try {
            return DriverManager.getDriver(url) != null;
        } catch (SQLException e) {
            return false;
        }
    }
}
