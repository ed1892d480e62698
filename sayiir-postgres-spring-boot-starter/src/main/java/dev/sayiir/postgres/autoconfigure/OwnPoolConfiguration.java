package dev.sayiir.postgres.autoconfigure;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.PostgresUrl;
import java.util.Objects;
import javax.sql.DataSource;
import javax.sql.XADataSource;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/** The backend's own connection pool, which connects when it is first used. Imported in this order. */
final class OwnPoolConfiguration {

    private OwnPoolConfiguration() {}

    /** The application has no DataSource and no settings for one: this is the one. */
    @Configuration(proxyBeanMethods = false)
    @Conditional(NoDataSourceSettingsCondition.class)
    @ConditionalOnMissingBean(
            value = {DataSource.class, XADataSource.class, JdbcConnectionDetails.class},
            type = "io.r2dbc.spi.ConnectionFactory")
    static class Only {

        @Bean
        @SayiirDataSource
        HikariDataSource sayiirDataSource(SayiirPostgresProperties properties) {
            return open(properties);
        }
    }

    /** The application has a DataSource, or will have: this one keeps out of its way. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean(annotation = SayiirDataSource.class)
    static class Additional {

        @Bean(defaultCandidate = false)
        @SayiirDataSource
        HikariDataSource sayiirDataSource(SayiirPostgresProperties properties) {
            return open(properties);
        }
    }

    private static HikariDataSource open(SayiirPostgresProperties properties) {
        HikariDataSource pool = new HikariDataSource();
        pool.setPoolName("sayiir");
        pool.setJdbcUrl(requireUsable(Objects.requireNonNull(properties.url())));
        pool.setUsername(properties.username());
        pool.setPassword(properties.password());
        return pool;
    }

    private static String requireUsable(String url) {
        try {
            return PostgresUrl.requireUsable(url);
        } catch (IllegalArgumentException e) {
            throw new DataSourceSetupException(
                    "The value of " + OwnUrlCondition.PROPERTY + " cannot be used. " + e.getMessage() + ".",
                    "Write it as jdbc:postgresql://host:port/database, and put the user into sayiir.postgres.username"
                            + " and the password into sayiir.postgres.password.");
        }
    }
}
