package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.SnapshotStore;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JndiDataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.XADataSourceAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;
import org.springframework.core.Ordered;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of the connection pool that {@code sayiir.postgres.url} or {@link SayiirConnectionDetails} ask for.
 *
 * <p>Beside the application's own DataSource the pool is no candidate for autowiring, and nothing in the application
 * changes. In an application that has none the pool is the DataSource, because Spring Boot would fail for want of one.
 */
@AutoConfiguration(
        after = {JndiDataSourceAutoConfiguration.class, XADataSourceAutoConfiguration.class},
        afterName = "org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration",
        before = DataSourceAutoConfiguration.class)
@AutoConfigureOrder(Ordered.LOWEST_PRECEDENCE)
@ConditionalOnBooleanProperty(name = "sayiir.postgres.enabled", matchIfMissing = true)
@Conditional(OwnPoolCondition.class)
@ConditionalOnMissingBean(SnapshotStore.class)
@EnableConfigurationProperties(SayiirPostgresProperties.class)
@Import({OwnPoolConfiguration.Only.class, OwnPoolConfiguration.Additional.class})
public final class SayiirDataSourceAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(SayiirConnectionDetails.class)
    PropertiesSayiirConnectionDetails sayiirConnectionDetails(SayiirPostgresProperties properties) {
        return new PropertiesSayiirConnectionDetails(properties);
    }
}
