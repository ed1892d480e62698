package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.Payload;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every metric and every label in the dashboard's queries is there in what a running application is scraped for. */
class GrafanaDashboardTest {

    private static final Pattern METRIC = Pattern.compile("\\bsayiir_\\w+");
    private static final Pattern SELECTOR = Pattern.compile("(sayiir_\\w+)\\{([^}]*)\\}");
    private static final Pattern GROUPED = Pattern.compile("by \\(([^)]*)\\) \\((?:rate\\()?(sayiir_\\w+)");
    private static final Pattern LEGEND = Pattern.compile("\\{\\{(\\w+)\\}\\}");
    private static final Pattern SAMPLE = Pattern.compile("(?m)^(\\w+)(?:\\{(.*)\\})? \\S+$");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

    private static Database database;
    private static ConfigurableApplicationContext application;
    private static Map<String, Set<String>> scraped;

    @BeforeAll
    static void scrape() throws Exception {
        database = PostgresServer.of(17).newDatabase();
        application = SpringApplication.run(
                Application.class,
                "--spring.datasource.url=" + database.url(),
                "--spring.datasource.username=" + database.username(),
                "--spring.datasource.password=" + database.password(),
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--management.endpoints.web.exposure.include=prometheus");
        Workflows workflows = application.getBean(Workflows.class);
        workflows.start(application.getBean(Workflow.class), "order-1", Payload.empty());
        assertThat(workflows.awaitEnd("order-1", Duration.ofMinutes(1))).isPresent();
        String port = application.getEnvironment().getProperty("local.server.port");
        String text = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator/prometheus"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
        scraped = new LinkedHashMap<>();
        SAMPLE.matcher(text)
                .results()
                .forEach(sample -> scraped.computeIfAbsent(sample.group(1), name -> new TreeSet<>())
                        .addAll(names(LABEL, sample.group(2))));
    }

    @AfterAll
    static void stop() {
        application.close();
        database.close();
    }

    @Test
    void every_metric_of_every_query_is_scraped() throws Exception {
        for (JsonNode target : targets()) {
            String query = target.get("expr").stringValue();
            assertThat(METRIC.matcher(query).results().map(MatchResult::group))
                    .as(query)
                    .isNotEmpty()
                    .allSatisfy(metric -> assertThat(scraped).containsKey(metric));
        }
    }

    @Test
    void every_label_that_is_selected_grouped_by_or_shown_is_scraped() throws Exception {
        for (JsonNode target : targets()) {
            String query = target.get("expr").stringValue();
            SELECTOR.matcher(query)
                    .results()
                    .forEach(selector -> assertThat(scraped.get(selector.group(1)))
                            .as(query)
                            .containsAll(names(Pattern.compile("(\\w+)\\s*[!=]"), selector.group(2))));
            Set<String> grouped = new TreeSet<>();
            GROUPED.matcher(query).results().forEach(group -> {
                List<String> labels = names(Pattern.compile("(\\w+)"), group.group(1));
                grouped.addAll(labels);
                assertThat(scraped.get(group.group(2))).as(query).containsAll(labels);
            });
            assertThat(grouped)
                    .containsAll(names(LEGEND, target.get("legendFormat").stringValue()));
        }
    }

    @Test
    void every_metric_that_is_scraped_is_in_the_dashboard() throws Exception {
        Set<String> shown = new TreeSet<>();
        for (JsonNode target : targets()) {
            METRIC.matcher(target.get("expr").stringValue()).results().forEach(metric -> shown.add(metric.group()));
        }
        assertThat(
                        scraped.keySet().stream()
                                .filter(name -> name.startsWith("sayiir_"))
                                // How long what is under way has been, the longest of its kind, and how long starts
                                // take, are for a closer look.
                                .filter(
                                        name -> !name.matches(
                                                "sayiir_(store_operations|task|workflow_start)_(active_.*|seconds_max)|sayiir_workflow_start_seconds_sum")))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(shown).contains(name));
    }

    private static List<JsonNode> targets() throws Exception {
        JsonNode dashboard = JsonMapper.shared().readTree(Files.readString(Path.of("../docs/grafana-dashboard.json")));
        List<JsonNode> targets = new ArrayList<>();
        dashboard.get("panels").forEach(panel -> panel.get("targets").forEach(targets::add));
        assertThat(targets).isNotEmpty();
        return targets;
    }

    private static List<String> names(Pattern pattern, String text) {
        return text == null
                ? List.of()
                : pattern.matcher(text).results().map(match -> match.group(1)).toList();
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = LiquibaseAutoConfiguration.class)
    static class Application {

        @Bean
        Workflow fulfilment() {
            return new Workflow("fulfilment-v1", "reserve");
        }

        @WorkflowTask("reserve")
        TaskOutcome reserve(Payload order) {
            return TaskOutcome.complete(order);
        }
    }
}
