package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.WorkflowStatistics;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of metrics and observations: gauges of what there is, and a {@link
 * StoreObserver} that times every operation of the stores.
 */
@AutoConfiguration(
        after = SayiirPostgresAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "sayiir.postgres.enabled", matchIfMissing = true)
@EnableConfigurationProperties(SayiirObservabilityProperties.Metrics.class)
@Import({StoreObserverConfiguration.Metered.class, StoreObserverConfiguration.Observed.class})
public final class SayiirMetricsAutoConfiguration {

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnSingleCandidate(WorkflowStatistics.class)
    static class Gauged {

        @Bean
        FiguresRefresher sayiirFiguresRefresher(
                WorkflowStatistics statistics, SayiirObservabilityProperties.Metrics properties) {
            return new FiguresRefresher(statistics, properties.refreshInterval());
        }

        @Bean
        WorkflowGauges sayiirWorkflowGauges(FiguresRefresher refresher) {
            return new WorkflowGauges(refresher);
        }
    }
}
