package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.postgres.PostgresBackend;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** {@link EnableAutoConfiguration Auto-configuration} of the health indicator {@code sayiir}. */
@AutoConfiguration(after = {SayiirPostgresAutoConfiguration.class, SayiirMetricsAutoConfiguration.class})
@ConditionalOnBean(PostgresBackend.class)
public final class SayiirHealthAutoConfiguration {

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    @EnableConfigurationProperties(SayiirObservabilityProperties.Health.class)
    static class Indicator {

        /** With the figures that are known already, if somebody asks for them now and then. */
        @Bean
        @ConditionalOnMissingBean(name = {"sayiirHealthIndicator", "sayiirHealthContributor"})
        @ConditionalOnEnabledHealthIndicator("sayiir")
        SayiirHealthIndicator sayiirHealthIndicator(
                PostgresBackend backend,
                ObjectProvider<FiguresRefresher> refresher,
                SayiirObservabilityProperties.Health properties) {
            return new SayiirHealthIndicator(backend, () -> figures(backend, refresher.getIfAvailable()), properties);
        }

        private static WorkflowFigures figures(PostgresBackend backend, @Nullable FiguresRefresher refresher) {
            return refresher == null ? backend.currentFigures() : refresher.figures();
        }
    }
}
