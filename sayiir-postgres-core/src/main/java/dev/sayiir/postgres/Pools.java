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
