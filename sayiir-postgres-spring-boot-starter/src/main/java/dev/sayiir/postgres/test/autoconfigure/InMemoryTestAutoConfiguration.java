package dev.sayiir.postgres.test.autoconfigure;

import dev.sayiir.event.InstanceEvent;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.ValueLimits;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.autoconfigure.SayiirDataSourceAutoConfiguration;
import dev.sayiir.postgres.autoconfigure.SayiirEventsAutoConfiguration;
import dev.sayiir.postgres.autoconfigure.SayiirPostgresAutoConfiguration;
import dev.sayiir.postgres.test.WorkflowClock;
import java.util.function.Consumer;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.PlatformTransactionManager;

/** {@link EnableAutoConfiguration Auto-configuration} of stores in memory, in tests that ask for them. */
@AutoConfiguration(before = {SayiirDataSourceAutoConfiguration.class, SayiirPostgresAutoConfiguration.class})
@ConditionalOnBooleanProperty(name = InMemoryTestAutoConfiguration.PROPERTY)
public final class InMemoryTestAutoConfiguration {

    static final String PROPERTY = "sayiir.test.in-memory";

    @Bean
    @ConditionalOnMissingBean(SnapshotStore.class)
    InMemoryBackend sayiirInMemoryBackend(
            WorkflowClock clock, @Qualifier(SayiirEventsAutoConfiguration.BEAN_NAME) Consumer<InstanceEvent> events) {
        return new InMemoryBackend(clock, ValueLimits.DEFAULT, events);
    }

    /** For transactional tasks, and for what listens to transactions. */
    @Bean
    @ConditionalOnMissingBean(PlatformTransactionManager.class)
    InMemoryTransactionManager sayiirInMemoryTransactionManager() {
        return new InMemoryTransactionManager();
    }
}
