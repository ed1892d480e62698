package dev.sayiir.samples.orders;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.io.ClassPathResource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Starts the sample. The process that a user starts only watches; it starts this application again, twice, to do the work.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class OrderFulfilmentApplication {

    /**
     * Runs the sample to its end.
     *
     * @param arguments Spring Boot properties, such as {@code --sayiir.postgres.url=jdbc:postgresql://…}
     */
    public static void main(String[] arguments) {
        SpringApplication application = new SpringApplication(OrderFulfilmentApplication.class);
        application.addInitializers(new DatabaseUnlessGiven());
        System.exit(SpringApplication.exit(application.run(arguments)));
    }

    @Bean
    Console console() {
        return new Console();
    }

    @Bean
    Json json(JsonMapper mapper) {
        return new Json(mapper);
    }

    @Bean
    OrderCatalog orderCatalog(JsonMapper mapper) {
        return new OrderCatalog(mapper, new ClassPathResource("orders.json"));
    }
}
