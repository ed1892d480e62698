package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.samples.orders.OrderFulfilmentApplication;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The application in this process, with its web interface and without a worker: it takes orders and fulfils none. */
final class FrontDesk implements AutoCloseable {

    private final ConfigurableApplicationContext application;

    private FrontDesk(ConfigurableApplicationContext application) {
        this.application = application;
    }

    /** Starts it, at any free port unless the arguments name one, and with it sets up the schema. */
    static FrontDesk open(Run run, DatabaseSettings database, List<String> springArguments) {
        Map<String, Object> settings = new HashMap<>(database.properties());
        settings.put("spring.datasource.hikari.data-source-properties.ApplicationName", run.name());
        settings.put("server.port", "0");
        settings.put("sayiir.postgres.worker.enabled", "false");
        settings.put("orders.take-from-file", "false");
        settings.put("logging.file.name", run.logs().resolve("front-desk.log").toString());
        settings.put("logging.threshold.console", "off");
        SpringApplication application = new SpringApplication(OrderFulfilmentApplication.class);
        application.setMainApplicationClass(OrderFulfilmentApplication.class);
        application.setDefaultProperties(settings);
        return new FrontDesk(application.run(springArguments.toArray(String[]::new)));
    }

    <T> T get(Class<T> type) {
        return application.getBean(type);
    }

    String url() {
        return "http://localhost:" + application.getEnvironment().getRequiredProperty("local.server.port");
    }

    @Override
    public void close() {
        application.close();
    }
}
