package dev.sayiir.postgres.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.autoconfigure.SayiirEventsAutoConfiguration;
import dev.sayiir.postgres.autoconfigure.SayiirWorkerAutoConfiguration;
import dev.sayiir.postgres.test.autoconfigure.InMemoryTestAutoConfiguration;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

class WorkflowTestAutoConfigurationTest {

    private final ApplicationContextRunner inMemory = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(
                    SayiirEventsAutoConfiguration.class,
                    InMemoryTestAutoConfiguration.class,
                    WorkflowTestAutoConfiguration.class,
                    SayiirWorkerAutoConfiguration.class))
            .withPropertyValues("sayiir.test.in-memory=true");

    @Test
    void no_application_is_configured_with_it() {
        List<String> candidates =
                ImportCandidates.load(AutoConfiguration.class, null).getCandidates();

        assertThat(candidates)
                .contains(SayiirWorkerAutoConfiguration.class.getName())
                .noneMatch(name -> name.startsWith("dev.sayiir.postgres.test."));
    }

    @Test
    void without_the_test_kit_the_worker_starts_with_the_context() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SayiirWorkerAutoConfiguration.class))
                .withBean(InMemoryBackend.class)
                .withUserConfiguration(Packing.class)
                .run(context -> {
                    assertThat(context.getBean(DrivenWorker.BEAN_NAME, SmartLifecycle.class)
                                    .isRunning())
                            .isTrue();
                    assertThat(context).doesNotHaveBean(WorkflowClock.class);
                });
    }

    @Test
    void with_it_the_worker_does_not() {
        inMemory.withUserConfiguration(Packing.class)
                .run(context -> assertThat(context.getBean(DrivenWorker.BEAN_NAME, SmartLifecycle.class)
                                .isRunning())
                        .isFalse());
    }

    @Test
    void without_workflows_or_handlers_it_says_what_to_import() {
        inMemory.run(context -> {
            assertThat(context).hasSingleBean(Workflows.class);
            assertThatThrownBy(context.getBean(WorkflowDriver.class)::runUntilIdle)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("nothing to run", "@Import", "@WorkflowTask");
        });
    }

    @Test
    void without_a_worker_it_says_so() {
        inMemory.withUserConfiguration(Packing.class)
                .withPropertyValues("sayiir.postgres.worker.enabled=false")
                .run(context -> assertThatThrownBy(context.getBean(WorkflowDriver.class)::runUntilIdle)
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("sayiir.postgres.worker.enabled is false"));
    }

    @Test
    void a_clock_of_the_application_is_kept() {
        Clock own = Clock.systemUTC();

        inMemory.withBean("clock", Clock.class, () -> own)
                .run(context -> assertThat(context.getBean(Clock.class)).isSameAs(own));
    }

    @Configuration(proxyBeanMethods = false)
    static class Packing {

        @Bean
        Workflow packingWorkflow() {
            return new Workflow("packing-v1", "pack");
        }

        @Bean
        TaskHandler<String> pack() {
            return TaskHandler.of("pack", String.class, (what, task) -> TaskOutcome.complete(what));
        }
    }
}
