package dev.sayiir.samples.orders;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;

/** The application: an HTTP interface for orders, and a worker that fulfils them. Any number of them share a database. */
@SpringBootApplication
@EnableConfigurationProperties(FulfilmentProperties.class)
public class OrderFulfilmentApplication {

    /**
     * Runs the application on the database that {@code spring.datasource.url} names.
     *
     * @param arguments Spring Boot properties, such as {@code --spring.datasource.url=jdbc:postgresql://…}
     */
    public static void main(String[] arguments) {
        SpringApplication.run(OrderFulfilmentApplication.class, arguments);
    }
}
