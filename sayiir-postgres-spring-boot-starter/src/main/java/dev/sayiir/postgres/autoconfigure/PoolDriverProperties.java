package dev.sayiir.postgres.autoconfigure;

import com.zaxxer.hikari.HikariConfigMXBean;
import com.zaxxer.hikari.HikariDataSource;
import java.util.Properties;
import javax.sql.DataSource;
import org.springframework.boot.jdbc.DataSourceUnwrapper;

/**
 * What a pool tells the driver besides the URL, SSL for instance. Connections that are opened beside the pool are to be told
 * the same.
 */
final class PoolDriverProperties {

    private PoolDriverProperties() {}

    /** A copy; empty if it is no HikariCP pool. */
    static Properties of(DataSource dataSource) {
        Properties properties = new Properties();
        HikariDataSource pool =
                DataSourceUnwrapper.unwrap(dataSource, HikariConfigMXBean.class, HikariDataSource.class);
        if (pool != null) {
            pool.getDataSourceProperties()
                    .forEach((name, value) -> properties.setProperty(name.toString(), value.toString()));
        }
        return properties;
    }
}
