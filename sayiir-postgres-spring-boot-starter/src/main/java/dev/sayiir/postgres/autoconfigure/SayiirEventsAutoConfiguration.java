package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.event.InstanceEvent;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of the events of the application: each {@link InstanceEvent} is
 * published by Spring's {@link ApplicationEventPublisher}.
 */
@AutoConfiguration(before = SayiirPostgresAutoConfiguration.class)
@ConditionalOnBooleanProperty(name = "sayiir.postgres.enabled", matchIfMissing = true)
public final class SayiirEventsAutoConfiguration {

    /** The bean that stores are to tell what has become of instances. */
    public static final String BEAN_NAME = "sayiirInstanceEvents";

    @Bean(BEAN_NAME)
    InstanceEventPublisher sayiirInstanceEvents(ApplicationEventPublisher publisher) {
        return new InstanceEventPublisher(publisher);
    }
}
