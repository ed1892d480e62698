package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WakeUps;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowStatistics;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerBuilder;
import dev.sayiir.worker.TaskWorkerListener;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.WorkflowGuard;
import dev.sayiir.worker.WorkflowStartListener;
import dev.sayiir.worker.Workflows;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.info.BuildProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of the worker and of {@link Workflows}. The worker does the tasks of
 * all {@link Workflow} beans, with all {@link TaskHandler} beans and all methods marked with {@link WorkflowTask}; there is
 * none if there are no workflows or no handlers, or if the application has a {@link TaskWorker} of its own.
 */
@AutoConfiguration(
        after = SayiirPostgresAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnBean({
    SnapshotStore.class,
    SignalStore.class,
    TaskClaimStore.class,
    WorkflowQueries.class,
    RepairStore.class
})
@EnableConfigurationProperties({
    SayiirWorkerProperties.class,
    SayiirClaimsProperties.class,
    SayiirDispatchProperties.class,
    SayiirNotifyProperties.class
})
public final class SayiirWorkerAutoConfiguration {

    private static final String WORKER = "sayiir.postgres.worker.";

    @Bean
    @ConditionalOnMissingBean
    Workflows sayiirWorkflows(
            SnapshotStore snapshots,
            SignalStore signals,
            WorkflowQueries queries,
            RepairStore repairs,
            ObjectProvider<JsonMapper> mapper,
            ObjectProvider<WorkflowStartListener> listeners) {
        JsonMapper own = mapper.getIfUnique();
        Workflows workflows = own == null
                ? new Workflows(snapshots, signals, queries, repairs)
                : new Workflows(snapshots, signals, queries, repairs, own);
        for (WorkflowStartListener listener : listeners.orderedStream().toList()) {
            workflows = workflows.withListener(listener);
        }
        return workflows;
    }

    /** The pool of {@code sayiir.postgres.url} is nobody else's, unless it is the application's only one. */
    @Bean
    WorkerConnections sayiirWorkerConnections(
            SignalStore signals,
            TaskClaimStore claims,
            SayiirWorkerProperties worker,
            SayiirNotifyProperties notify,
            @Qualifier(OwnPoolConfiguration.BEAN_NAME) ObjectProvider<DataSource> ownPool,
            ObjectProvider<DataSource> application) {
        DataSource own = ownPool.getIfAvailable();
        boolean listens = notify.mode() != NotifyMode.POLL && notify.url() == null;
        boolean servesHandlers = own == null || application.stream().anyMatch(own::equals);
        return new WorkerConnections(signals, claims, worker.concurrency(), listens, servesHandlers);
    }

    @Bean
    @ConditionalOnMissingBean(TaskWorker.class)
    @ConditionalOnBooleanProperty(name = "sayiir.postgres.worker.enabled", matchIfMissing = true)
    TaskWorkerLifecycle sayiirTaskWorker(
            SnapshotStore snapshots,
            SignalStore signals,
            TaskClaimStore claims,
            SayiirWorkerProperties worker,
            SayiirClaimsProperties claim,
            SayiirDispatchProperties dispatch,
            WorkerConnections connections,
            ObjectProvider<Workflow> workflows,
            ObjectProvider<TaskHandler<?>> handlers,
            ObjectProvider<FailurePolicy> failurePolicy,
            ObjectProvider<JsonMapper> mapper,
            ObjectProvider<RepairStore> repairs,
            ObjectProvider<BuildProperties> build,
            ObjectProvider<WorkflowStatistics> statistics,
            ObjectProvider<WakeUps> wakeUps,
            ObjectProvider<TaskWorkerListener> listeners,
            ConfigurableListableBeanFactory beans) {
        return new TaskWorkerLifecycle(() -> {
            List<TaskHandler<?>> all = new ArrayList<>(handlers.orderedStream().toList());
            FailurePolicy failures = failurePolicy.getIfUnique(() -> FailurePolicy.DEFAULT);
            all.addAll(WorkflowTaskMethods.in(beans, failures));
            List<Workflow> known = workflows.orderedStream().toList();
            if (known.isEmpty() || all.isEmpty()) {
                StartCheck.explainNoWorker(known, all);
                return Optional.empty();
            }
            new StartCheck(worker.startCheck(), guard(snapshots, statistics, mapper)).run(known, all);
            Optional<PostgresBackend> reserved = connections.reserve();
            TaskWorkerBuilder builder = reserved.map(
                            own -> TaskWorker.builder(own).handlerStores(snapshots, claims))
                    .orElseGet(() -> TaskWorker.builder(snapshots, signals, claims));
            mapper.ifUnique(builder::mapper);
            if (reserved.isEmpty()) {
                repairs.ifUnique(builder::repairs);
            }
            build.ifUnique(it -> Optional.ofNullable(it.getVersion()).ifPresent(builder::buildId));
            apply(builder, worker, claim);
            set("sayiir.postgres.dispatch.ageing-interval", dispatch.ageingInterval(), builder::ageingInterval);
            builder.failurePolicy(failures);
            new TransactionalTasks(connections.servesHandlers(), beans)
                    .managerFor(all)
                    .ifPresent(builder::transactionManager);
            known.forEach(builder::workflow);
            all.forEach(builder::handler);
            wakeUps.ifUnique(builder::wakeUps);
            listeners.orderedStream().forEach(builder::listener);
            return Optional.of(new TaskWorkerLifecycle.Running(builder.build(), reserved));
        });
    }

    private static Optional<WorkflowGuard> guard(
            SnapshotStore snapshots, ObjectProvider<WorkflowStatistics> statistics, ObjectProvider<JsonMapper> mapper) {
        JsonMapper own = mapper.getIfUnique();
        return Optional.ofNullable(statistics.getIfUnique())
                .map(it -> own == null ? new WorkflowGuard(it, snapshots) : new WorkflowGuard(it, snapshots, own));
    }

    private static void apply(TaskWorkerBuilder builder, SayiirWorkerProperties worker, SayiirClaimsProperties claim) {
        set(WORKER + "concurrency", worker.concurrency(), builder::concurrency);
        set(WORKER + "batch-size", worker.batchSize(), builder::batchSize);
        set(WORKER + "poll-interval", worker.pollInterval(), builder::pollInterval);
        set(WORKER + "shutdown-timeout", worker.shutdownTimeout(), builder::shutdownTimeout);
        set("sayiir.postgres.claims.heartbeat", claim.heartbeat(), every -> builder.claims(claim.ttl(), every));
        Optional.ofNullable(worker.workerId()).ifPresent(id -> set(WORKER + "worker-id", id, builder::workerId));
        set(WORKER + "block-after", worker.blockAfter(), builder::blockAfter);
        Optional.ofNullable(worker.buildId()).ifPresent(id -> set(WORKER + "build-id", id, builder::buildId));
        builder.unblocksOnNewBuild(worker.unblockOnNewBuild());
        Optional.ofNullable(worker.tags())
                .ifPresent(tags -> set(WORKER + "tags", tags, it -> builder.tags(Set.copyOf(it))));
    }

    /** Around whatever listeners of the application have no order, or one greater than 0. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(ObservationRegistry.class)
    @ConditionalOnBean(ObservationRegistry.class)
    static class Observed {

        @Bean
        @Order(0)
        ObservedStarts sayiirObservedStarts(ObservationRegistry observations) {
            return new ObservedStarts(observations);
        }

        @Bean
        @Order(0)
        ObservedTasks sayiirObservedTasks(ObservationRegistry observations) {
            return new ObservedTasks(observations);
        }
    }

    private static <T> void set(String property, T value, Consumer<T> setter) {
        try {
            setter.accept(value);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(property, value, e.getMessage(), e);
        }
    }
}
