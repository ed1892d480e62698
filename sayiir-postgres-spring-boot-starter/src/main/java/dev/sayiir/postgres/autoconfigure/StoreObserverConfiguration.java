package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.StoreObserver;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Who is told of the stores' operations. Imported in this order, which nested classes of a configuration would not keep. */
final class StoreObserverConfiguration {

    private StoreObserverConfiguration() {}

    /** A registry of observations alone times nothing, but may trace. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(MeterRegistry.class)
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnMissingBean(StoreObserver.class)
    static class Metered {

        @Bean
        StoreObserver sayiirStoreObserver(MeterRegistry meters, ObjectProvider<ObservationRegistry> observations) {
            return new ObservedStores(
                    observations.getIfAvailable(() -> ObservationRegistry.NOOP), new StoreMeters(meters));
        }
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ObservationRegistry.class)
    @ConditionalOnBean(ObservationRegistry.class)
    @ConditionalOnMissingBean(StoreObserver.class)
    static class Observed {

        @Bean
        StoreObserver sayiirStoreObserver(ObservationRegistry observations) {
            return new ObservedStores(observations, StoreObserver.NONE);
        }
    }
}
