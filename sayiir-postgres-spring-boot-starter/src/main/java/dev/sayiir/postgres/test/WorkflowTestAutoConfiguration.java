package dev.sayiir.postgres.test;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.autoconfigure.SayiirDataSource;
import dev.sayiir.postgres.autoconfigure.SayiirPostgresAutoConfiguration;
import dev.sayiir.postgres.autoconfigure.SayiirWorkerAutoConfiguration;
import dev.sayiir.worker.TaskWorkerListener;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.context.annotation.Primary;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of what tests of workflows work with. Only tests have it: it is none of
 * those that applications are configured with.
 */
@AutoConfiguration(after = SayiirPostgresAutoConfiguration.class, before = SayiirWorkerAutoConfiguration.class)
public final class WorkflowTestAutoConfiguration {

    @Bean
    static ClockedDataSources sayiirClockedDataSources() {
        return new ClockedDataSources();
    }

    @Bean
    static BeanPostProcessor sayiirDrivenWorker() {
        return DrivenWorker.postProcessor();
    }

    /** Fallback: an application's own Clock bean is what its code is given. */
    @Bean
    @Fallback
    WorkflowClock sayiirWorkflowClock(ClockedDataSources dataSources) {
        return new WorkflowClock(dataSources::move);
    }

    @Bean
    WorkflowFaults sayiirWorkflowFaults() {
        return new WorkflowFaults();
    }

    @Bean
    @Order(Ordered.LOWEST_PRECEDENCE)
    TaskWorkerListener sayiirWorkflowFaultsListener(WorkflowFaults faults) {
        return faults.listener();
    }

    @Bean
    RunningTasks sayiirRunningTasks() {
        return new RunningTasks();
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean({TaskClaimStore.class, SnapshotStore.class, TaskResultStore.class, WorkflowQueries.class})
    static class Driven {

        @Bean
        @Primary
        DrivenClaims sayiirDrivenClaims(TaskClaimStore store, RunningTasks running, WorkflowFaults faults) {
            return new DrivenClaims(store, running, faults);
        }

        @Bean
        WorkflowDriver sayiirWorkflowDriver(
                DrivenClaims claims,
                RunningTasks running,
                WorkflowClock clock,
                SnapshotStore snapshots,
                TaskResultStore results,
                WorkflowQueries queries,
                @Qualifier(DrivenWorker.BEAN_NAME) ObjectProvider<SmartLifecycle> worker,
                ObjectProvider<JsonMapper> mapper) {
            JsonMapper json = mapper.getIfUnique(JsonMapper::shared);
            return new WorkflowDriver(
                    () -> Optional.ofNullable(worker.getIfAvailable()),
                    claims,
                    running,
                    clock,
                    id -> new WorkflowInstance(id, snapshots, results, queries, json));
        }
    }

    /** The same DataSource as that of the backend. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnBean(PostgresBackend.class)
    static class Clocked {

        @Bean
        SmartInitializingSingleton sayiirClockOfWorkflows(
                ClockedDataSources dataSources,
                @Qualifier("sayiirDataSource") ObjectProvider<DataSource> own,
                @SayiirDataSource ObjectProvider<DataSource> marked,
                ObjectProvider<DataSource> application) {
            return () ->
                    dataSources.follow(own.getIfAvailable(() -> marked.getIfAvailable(application::getIfAvailable)));
        }
    }
}
