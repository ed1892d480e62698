package dev.sayiir.postgres.autoconfigure;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the worker.
 *
 * @param enabled Whether to do tasks of workflows in this application.
 * @param concurrency How many tasks to do at once.
 * @param batchSize How many tasks to claim at once, at most.
 * @param pollInterval Time between two polls when there is nothing to do.
 * @param tags Tags that this worker offers: it is given tasks that have none but these. All tasks by default.
 * @param workerId Name under which tasks are claimed, of no other worker. Made up by default.
 * @param blockAfter Time for which a task that cannot be done is left for other workers before it is blocked.
 * @param buildId What this worker is a build of, kept with tasks that it cannot do. The application's version by default.
 * @param unblockOnNewBuild Whether to unblock, once when this worker starts, what other builds could not do.
 * @param startCheck What to do when it starts if there are tasks under way that it cannot do.
 * @param shutdownTimeout Time that tasks may take to finish when the application stops.
 */
@ConfigurationProperties("sayiir.postgres.worker")
record SayiirWorkerProperties(
        @DefaultValue("true") boolean enabled,
        @DefaultValue("16") int concurrency,
        @DefaultValue("16") int batchSize,
        @DefaultValue("1s") Duration pollInterval,
        @Nullable List<String> tags,
        @Nullable String workerId,
        @DefaultValue("1m") Duration blockAfter,
        @Nullable String buildId,
        @DefaultValue("false") boolean unblockOnNewBuild,
        @DefaultValue("warn") StartCheck.Mode startCheck,
        @DefaultValue("20s") Duration shutdownTimeout) {}
