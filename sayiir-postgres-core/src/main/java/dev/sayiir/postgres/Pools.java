package dev.sayiir.postgres;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;

/** What can be asked of a connection pool, if it is HikariCP, whatever it is wrapped in. */
final class Pools {

    private Pools() {}

    /** A closed one never gives a connection again. */
    static boolean isClosed(DataSource dataSource) {
        return hikari(dataSource).filter(HikariDataSource::isClosed).isPresent();
    }

    /** Whether one connection taken for good would leave none. */
    static boolean hasOneConnection(DataSource dataSource) {
        return hikari(dataSource).filter(pool -> pool.getMaximumPoolSize() == 1).isPresent();
    }

    /**
     * A pool within another one: its connections are borrowed there, all of them as soon as one is needed, and kept. Those that
     * break are replaced.
     */
    static HikariDataSource within(DataSource dataSource, int connections) {
        HikariDataSource pool = new HikariDataSource();
        pool.setDataSource(dataSource);
        pool.setPoolName(hikari(dataSource)
                        .map(HikariDataSource::getPoolName)
                        .map(name -> name + "-")
                        .orElse("") + "sayiir-reserved");
        hikari(dataSource).map(HikariDataSource::getConnectionTimeout).ifPresent(pool::setConnectionTimeout);
        pool.setMaximumPoolSize(connections);
        pool.setMinimumIdle(connections);
        pool.setMaxLifetime(0);
        pool.setIdleTimeout(0);
        pool.setInitializationFailTimeout(-1);
        return pool;
    }

    /** Has all connections replaced, those of pools that it is within first. */
    static void evict(DataSource dataSource) {
        hikari(dataSource).ifPresent(pool -> {
            if (pool.getDataSource() != null) {
                evict(pool.getDataSource());
            }
            if (pool.getHikariPoolMXBean() != null) {
                pool.getHikariPoolMXBean().softEvictConnections();
            }
        });
    }

    static Optional<HikariDataSource> hikari(DataSource dataSource) {
        try {
            return dataSource.isWrapperFor(HikariDataSource.class)
                    ? Optional.of(dataSource.unwrap(HikariDataSource.class))
                    : Optional.empty();
        } catch (SQLException e) {
            return Optional.empty();
        }
    }
}
