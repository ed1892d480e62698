package dev.sayiir.samples.hello;

import dev.sayiir.postgres.autoconfigure.WorkflowTask;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import java.time.Duration;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;

/** Greets somebody, waits for two seconds without a thread, and takes leave. */
@SpringBootApplication
public class HelloApplication {

    static final Workflow HELLO = new Workflow("hello-v1", "greet");

    record Visitor(String name) {}

    @Bean
    Workflow hello() {
        return HELLO;
    }

    @WorkflowTask("greet")
    TaskOutcome greet(Visitor visitor) {
        System.out.println("Hello, " + visitor.name());
        return TaskOutcome.delay(Duration.ofSeconds(2), "take-leave", visitor);
    }

    @WorkflowTask("take-leave")
    TaskOutcome takeLeave(Visitor visitor) {
        return TaskOutcome.complete("Goodbye, " + visitor.name());
    }

    /**
     * Starts an instance of the workflow, and prints its result.
     *
     * @param args whom to greet
     */
    public static void main(String[] args) throws InterruptedException {
        try (ConfigurableApplicationContext context = SpringApplication.run(HelloApplication.class, args)) {
            Workflows workflows = context.getBean(Workflows.class);
            workflows.start(HELLO, "visit-1", new Visitor(args.length == 0 ? "world" : args[0]));
            workflows.awaitEnd("visit-1", Duration.ofMinutes(1));
            System.out.println(workflows.result("visit-1", String.class).orElse("It has not ended"));
        }
    }
}
