package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.postgres.BackendStatus;
import dev.sayiir.postgres.PostgresBackend;
import java.time.Duration;
import java.util.function.Supplier;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Whether workflows can be saved and are being worked on: DOWN if the database does not answer, else as the properties say if
 * it is a standby, if a ready task has been waiting for too long, or if a task is blocked.
 */
final class SayiirHealthIndicator extends AbstractHealthIndicator {

    private final PostgresBackend backend;
    private final Supplier<WorkflowFigures> figures;
    private final SayiirObservabilityProperties.Health properties;

    SayiirHealthIndicator(
            PostgresBackend backend,
            Supplier<WorkflowFigures> figures,
            SayiirObservabilityProperties.Health properties) {
        super("The database of the workflows does not answer");
        this.backend = backend;
        this.figures = figures;
        this.properties = properties;
    }

    @Override
    protected void doHealthCheck(Health.Builder health) {
        BackendStatus status = backend.status();
        WorkflowFigures now = figures.get();
        health.up()
                .withDetail("schema", status.schema())
                .withDetail("schemaVersion", status.schemaVersion().orElse("not recorded"))
                .withDetail("server", status.serverVersion())
                .withDetail("role", status.standby() ? "standby" : "primary")
                .withDetail("wakeUps", backend.wakeUpState())
                .withDetail("readyTasks", now.readyTasks())
                .withDetail("oldestReadyAge", now.oldestReadyAge())
                .withDetail("blockedTasks", now.blockedTasks());
        if (status.standby()) {
            health.status(properties.standbyStatus());
        } else if (isTooOld(now.oldestReadyAge())) {
            health.status(properties.maxReadyAgeStatus());
        } else if (now.blockedTasks() > 0) {
            health.status(properties.blockedStatus());
        }
    }

    private boolean isTooOld(Duration age) {
        return properties.maxReadyAge() != null && age.compareTo(properties.maxReadyAge()) > 0;
    }
}
