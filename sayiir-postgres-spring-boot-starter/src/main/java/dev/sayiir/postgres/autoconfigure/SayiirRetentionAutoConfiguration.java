package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.Retention;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link Retention}, if something is to be deleted at all. Every process of
 * a fleet may run it.
 */
@AutoConfiguration(after = SayiirPostgresAutoConfiguration.class)
@ConditionalOnBean(PostgresBackend.class)
@Conditional(SayiirRetentionAutoConfiguration.SomethingToDelete.class)
@EnableConfigurationProperties(SayiirRetentionProperties.class)
public final class SayiirRetentionAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    Retention sayiirRetention(PostgresBackend backend, SayiirRetentionProperties properties) {
        Retention.Builder retention = backend.retention();
        properties.applyTo(retention);
        return retention.build();
    }

    @Bean
    BackgroundTask sayiirRetentionTask(Retention retention, SayiirRetentionProperties properties) {
        return new BackgroundTask("retention", properties.interval(), retention::run);
    }

    static final class SomethingToDelete extends AnyNestedCondition {

        SomethingToDelete() {
            super(ConfigurationPhase.REGISTER_BEAN);
        }

        @ConditionalOnProperty("sayiir.postgres.retention.finished-instances")
        static final class Instances {}

        @ConditionalOnProperty("sayiir.postgres.retention.history-versions")
        static final class Versions {}

        @ConditionalOnProperty("sayiir.postgres.retention.events")
        static final class Events {}
    }
}
