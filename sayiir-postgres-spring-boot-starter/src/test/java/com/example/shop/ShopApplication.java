package com.example.shop;

import dev.sayiir.postgres.autoconfigure.WorkflowTask;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

@SpringBootApplication
public class ShopApplication {

    public record Order(String sku, int pieces) {}

    public record Reservation(Order order, String shelf) {}

    @Bean
    Workflow fulfilment() {
        return new Workflow("fulfilment-v1", "reserve"); // its name, and the task it begins with
    }

    @WorkflowTask("reserve")
    TaskOutcome reserve(Order order) {
        return TaskOutcome.next("ship", new Reservation(order, "shelf 7"));
    }

    @WorkflowTask(value = "ship", timeout = "10s", maxRetries = 5)
    TaskOutcome ship(Reservation reservation) {
        System.out.println("Shipping " + reservation);
        return TaskOutcome.complete(reservation.order().sku() + " from " + reservation.shelf());
    }

    @Bean
    CommandLineRunner start(Workflow fulfilment, Workflows workflows) {
        return args -> workflows.startIfAbsent(fulfilment, "order-4711", new Order("tea", 2));
    }

    public static void main(String[] args) {
        SpringApplication.run(ShopApplication.class, args);
    }
}
