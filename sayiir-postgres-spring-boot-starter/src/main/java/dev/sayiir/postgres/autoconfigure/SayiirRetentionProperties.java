package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.Retention;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Settings of retention. What is not set is kept for ever.
 *
 * @param finishedInstances How long to keep an instance once it is completed, failed or cancelled; for ever if not set.
 * @param historyVersions How far back an instance can be loaded as it was; for ever if not set.
 * @param events How long to keep entries of the event log that are not pending; for ever if not set.
 * @param batchSize How many rows to delete in one transaction at most.
 * @param interval How often to look for what is old enough.
 */
@ConfigurationProperties("sayiir.postgres.retention")
record SayiirRetentionProperties(
        @Nullable Duration finishedInstances,
        @Nullable Duration historyVersions,
        @Nullable Duration events,
        @DefaultValue("" + Retention.DEFAULT_BATCH_SIZE) int batchSize,
        @DefaultValue("1h") Duration interval) {

    SayiirRetentionProperties {
        SayiirObservabilityProperties.requirePositive(
                "sayiir.postgres.retention.finished-instances", finishedInstances);
        SayiirObservabilityProperties.requirePositive("sayiir.postgres.retention.history-versions", historyVersions);
        SayiirObservabilityProperties.requirePositive("sayiir.postgres.retention.events", events);
        SayiirObservabilityProperties.requirePositive("sayiir.postgres.retention.interval", interval);
        if (batchSize < 1) {
            throw new InvalidConfigurationPropertyValueException(
                    "sayiir.postgres.retention.batch-size", batchSize, "It must be at least 1.");
        }
    }

    void applyTo(Retention.Builder retention) {
        if (finishedInstances != null) {
            retention.keepFinished(finishedInstances);
        }
        if (historyVersions != null) {
            retention.keepVersions(historyVersions);
        }
        if (events != null) {
            retention.keepEvents(events);
        }
        retention.batchSize(batchSize);
    }
}
