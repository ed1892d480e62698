package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.PostgresBackend;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.actuate.autoconfigure.info.ConditionalOnEnabledInfoContributor;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** {@link EnableAutoConfiguration Auto-configuration} of the endpoints {@code sayiir}, {@code sayiirinstances}, {@code
 * sayiirfailures} and {@code sayiirblocked} and of the part of {@code info}. */
@AutoConfiguration(after = SayiirPostgresAutoConfiguration.class)
@ConditionalOnBean(PostgresBackend.class)
public final class SayiirEndpointAutoConfiguration {

    /** The condition on the endpoint stands at its method: at the class it would be evaluated where actuator is absent. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({WebEndpoint.class, ConditionalOnAvailableEndpoint.class})
    @EnableConfigurationProperties(SayiirObservabilityProperties.Endpoint.class)
    static class Actuator {

        @Bean
        @ConditionalOnMissingBean
        @ConditionalOnAvailableEndpoint
        SayiirEndpoint sayiirEndpoint(PostgresBackend backend, SayiirObservabilityProperties.Endpoint properties) {
            return new SayiirEndpoint(backend, new InstanceDescription(backend, properties.showPayloads()));
        }

        @Bean
        @ConditionalOnMissingBean
        @ConditionalOnAvailableEndpoint
        SayiirBlockedEndpoint sayiirBlockedEndpoint(PostgresBackend backend) {
            return new SayiirBlockedEndpoint(backend);
        }

        @Bean
        @ConditionalOnMissingBean
        @ConditionalOnAvailableEndpoint
        SayiirInstancesEndpoint sayiirInstancesEndpoint(PostgresBackend backend) {
            return new SayiirInstancesEndpoint(backend);
        }

        @Bean
        @ConditionalOnMissingBean
        @ConditionalOnAvailableEndpoint
        SayiirFailuresEndpoint sayiirFailuresEndpoint(PostgresBackend backend) {
            return new SayiirFailuresEndpoint(backend);
        }

        @Bean
        @ConditionalOnMissingBean(name = "sayiirInfoContributor")
        @ConditionalOnEnabledInfoContributor("sayiir")
        SayiirInfoContributor sayiirInfoContributor(PostgresBackend backend) {
            return new SayiirInfoContributor(backend);
        }
    }
}
