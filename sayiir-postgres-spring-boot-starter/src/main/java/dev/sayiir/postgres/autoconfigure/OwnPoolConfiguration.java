package dev.sayiir.postgres.autoconfigure;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.PostgresUrl;
import java.util.Properties;
import javax.sql.DataSource;
import javax.sql.XADataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.StringUtils;

/** The backend's own connection pool, which connects when it is first used. Imported in this order. */
final class OwnPoolConfiguration {

    static final String BEAN_NAME = "sayiirDataSource";
    static final String BUNDLE = "sayiir.postgres.ssl.bundle";

    private OwnPoolConfiguration() {}

    /** The application has no DataSource and no settings for one: this is the one. */
    @Configuration(proxyBeanMethods = false)
    @Conditional(NoDataSourceSettingsCondition.class)
    @ConditionalOnMissingBean(
            value = {DataSource.class, XADataSource.class, JdbcConnectionDetails.class},
            type = "io.r2dbc.spi.ConnectionFactory")
    static class Only {

        @Bean(name = BEAN_NAME)
        @SayiirDataSource
        HikariDataSource sayiirDataSource(
                SayiirConnectionDetails details,
                SayiirPostgresProperties properties,
                ObjectProvider<ContextSslBundles> bundles) {
            return open(details, properties, bundles);
        }
    }

    /** The application has a DataSource, or will have: this one keeps out of its way. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnMissingBean(name = BEAN_NAME)
    static class Additional {

        @Bean(name = BEAN_NAME, defaultCandidate = false)
        @SayiirDataSource
        HikariDataSource sayiirDataSource(
                SayiirConnectionDetails details,
                SayiirPostgresProperties properties,
                ObjectProvider<ContextSslBundles> bundles) {
            return open(details, properties, bundles);
        }
    }

    /** Settings first, so that the connection details win over any of them that says where to connect. */
    private static HikariDataSource open(
            SayiirConnectionDetails details,
            SayiirPostgresProperties properties,
            ObjectProvider<ContextSslBundles> bundles) {
        HikariDataSource pool = new HikariDataSource();
        if (properties.hikari() != null) {
            properties.hikari().copyStateTo(pool);
        }
        if (pool.getPoolName() == null) {
            pool.setPoolName("sayiir");
        }
        if (StringUtils.hasText(details.getDriverClassName())) {
            setDriver(pool, details.getDriverClassName());
        }
        pool.setJdbcUrl(requireUsable("sayiir.postgres.", details.getJdbcUrl()));
        pool.setUsername(details.getUsername());
        pool.setPassword(details.getPassword());
        String bundle = properties.ssl().bundle();
        if (StringUtils.hasText(bundle)) {
            connectWith(bundle, pool, bundles.getObject());
        }
        return pool;
    }

    private static void connectWith(String bundle, HikariDataSource pool, ContextSslBundles bundles) {
        Properties settings = pool.getDataSourceProperties();
        if (settings.containsKey("sslfactory") || pool.getJdbcUrl().matches("(?s).*[?&]sslfactory=.*")) {
            throw new DataSourceSetupException(
                    BUNDLE + " is set, and so is the driver's sslfactory, in whose place the bundle would be.",
                    "Leave one of them out; sslfactory is a parameter of sayiir.postgres.url or one of"
                            + " sayiir.postgres.hikari.data-source-properties.");
        }
        PropertyValues.checked(BUNDLE, bundle, bundles::driverProperties).forEach(settings::putIfAbsent);
    }

    private static void setDriver(HikariDataSource pool, String className) {
        try {
            pool.setDriverClassName(className);
        } catch (RuntimeException e) {
            throw new InvalidConfigurationPropertyValueException(
                    "sayiir.postgres.driver-class-name",
                    className,
                    "It has to be the name of a JDBC driver's class on the class path; leave it out to have it detected"
                            + " from the URL.",
                    e);
        }
    }

    static String requireUsable(String prefix, String url) {
        try {
            return PostgresUrl.requireUsable(url);
        } catch (IllegalArgumentException e) {
            throw new DataSourceSetupException(
                    "The value of " + prefix + "url cannot be used. " + e.getMessage() + ".",
                    "Write it as jdbc:postgresql://host:port/database, and put the user into " + prefix + "username"
                            + " and the password into " + prefix + "password.");
        }
    }
}
