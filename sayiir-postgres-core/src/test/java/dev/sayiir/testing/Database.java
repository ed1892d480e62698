package dev.sayiir.testing;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A database of a {@link PostgresServer} for one test, or for the tests of one class. */
public final class Database implements AutoCloseable {

    private static final int POOL_SIZE = 10;

    private final PostgresServer server;
    private final String name;
    private @Nullable HikariDataSource pool;
    private boolean closed;

    Database(PostgresServer server, String name) {
        this.server = server;
        this.name = name;
    }

    /** @return what the server calls it */
    public String name() {
        return name;
    }

    /** @return its JDBC URL, without credentials */
    public String url() {
        return server.url(name);
    }

    /** @return a user who may do anything */
    public String username() {
        return server.username();
    }

    /** @return that user's password */
    public String password() {
        return server.password();
    }

    /**
     * Says how to connect, as properties of an application.
     *
     * @param prefix such as {@code spring.datasource}
     * @param properties takes each name with its value
     */
    public void describe(String prefix, BiConsumer<String, Supplier<Object>> properties) {
        properties.accept(prefix + ".url", this::url);
        properties.accept(prefix + ".username", this::username);
        properties.accept(prefix + ".password", this::password);
    }

    /** @return a pool of up to 10 connections, the same at every call, closed with this database */
    public synchronized DataSource dataSource() {
        if (closed) {
            throw new IllegalStateException("Database " + name + " is closed");
        }
        HikariDataSource opened = pool;
        if (opened == null) {
            opened = new HikariDataSource(poolConfig(url()));
            pool = opened;
        }
        return opened;
    }

    /**
     * @param url leads to this database, by whatever way and with whatever options
     * @return what another pool can be made from, which is the caller's to close
     */
    public HikariConfig poolConfig(String url) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(url);
        config.setUsername(username());
        config.setPassword(password());
        config.setMaximumPoolSize(POOL_SIZE);
        config.setMinimumIdle(0);
        return config;
    }

    /** Closes the pool and drops the database, whoever may still be connected. */
    @Override
    public void close() {
        disconnect();
        server.drop(this, name);
    }

    synchronized void disconnect() {
        closed = true;
        if (pool != null) {
            pool.close();
        }
    }
}
