package dev.sayiir.postgres.autoconfigure;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** What is measured and shown. */
final class SayiirObservabilityProperties {

    private SayiirObservabilityProperties() {}

    /**
     * Settings of the metrics.
     *
     * @param refreshInterval How often the gauges' figures are asked of the database.
     */
    @ConfigurationProperties("sayiir.postgres.metrics")
    record Metrics(@DefaultValue("30s") Duration refreshInterval) {

        Metrics {
            requirePositive("sayiir.postgres.metrics.refresh-interval", refreshInterval);
        }
    }

    /**
     * Settings of the health indicator.
     *
     * @param maxReadyAge For how long the oldest ready task may wait for a worker; not limited if not set.
     * @param maxReadyAgeStatus Status if it waits for longer.
     * @param blockedStatus Status while any task is blocked.
     * @param standbyStatus Status if the server is a standby, on which nothing can be saved.
     */
    @ConfigurationProperties("sayiir.postgres.health")
    record Health(
            @Nullable Duration maxReadyAge,
            @DefaultValue("OUT_OF_SERVICE") String maxReadyAgeStatus,
            @DefaultValue("UP") String blockedStatus,
            @DefaultValue("OUT_OF_SERVICE") String standbyStatus) {

        Health {
            requirePositive("sayiir.postgres.health.max-ready-age", maxReadyAge);
        }
    }

    /**
     * Settings of the actuator endpoint.
     *
     * @param showPayloads Whether to show the outputs of tasks; else only what columns say.
     */
    @ConfigurationProperties("sayiir.postgres.endpoint")
    record Endpoint(@DefaultValue("false") boolean showPayloads) {}

    static void requirePositive(String property, @Nullable Duration value) {
        if (value != null && (value.isZero() || value.isNegative())) {
            throw new InvalidConfigurationPropertyValueException(
                    property, value, "It must be longer than 0, such as 30s, 5m or 1d.");
        }
    }
}
