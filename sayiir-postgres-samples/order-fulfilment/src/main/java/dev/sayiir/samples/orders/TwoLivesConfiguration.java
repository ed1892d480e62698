package dev.sayiir.samples.orders;

import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.WorkflowQueries;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import tools.jackson.databind.json.JsonMapper;

/** What the process needs that a user starts. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty(name = "sample.life", havingValue = "none", matchIfMissing = true)
class TwoLivesConfiguration {

    @Bean
    Auditor auditor(OrderCatalog catalog, WorkflowQueries queries, SnapshotHistory history) {
        return new Auditor(catalog, queries, history);
    }

    @Bean
    Report report(
            WorkflowQueries queries, SnapshotHistory history, TaskResultStore results, Json json, Console console) {
        return new Report(queries, history, results, json, console);
    }

    @Bean
    LifeLauncher lifeLauncher(Environment environment, JsonMapper mapper, Console console) {
        return new LifeLauncher(
                Map.of("SPRING_APPLICATION_JSON", mapper.writeValueAsString(database(environment))), console);
    }

    @Bean
    TwoLives twoLives(
            @Value("${sample.crash-after}") int crashAfter,
            LifeLauncher launcher,
            Auditor auditor,
            Report report,
            JsonMapper mapper,
            Console console) {
        return new TwoLives(crashAfter, launcher, auditor, report, mapper, console);
    }

    /** In an environment variable, for arguments, and so a password among them, can be seen by everyone on the machine. */
    private static Map<String, String> database(Environment environment) {
        Map<String, String> properties = new TreeMap<>();
        Binder.get(environment)
                .bind("sayiir.postgres", Bindable.mapOf(String.class, String.class))
                .orElse(Map.of())
                .forEach((name, value) -> properties.put("sayiir.postgres." + name, value));
        return properties;
    }
}
