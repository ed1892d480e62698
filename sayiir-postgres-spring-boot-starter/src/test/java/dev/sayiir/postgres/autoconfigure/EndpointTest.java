package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The endpoint of a running application, asked by HTTP. */
class EndpointTest {

    private static final String SECRET = "card-4711-1111";

    private final Database database = PostgresServer.of(17).newDatabase();
    private final HttpClient client = HttpClient.newHttpClient();
    private ConfigurableApplicationContext application;

    @AfterEach
    void stop() {
        if (application != null) {
            application.close();
        }
        database.close();
    }

    @Test
    void the_overview_has_the_figures() throws Exception {
        start();
        orderWithEverything();

        JsonNode overview = json(get("/sayiir"));
        assertThat(overview.at("/workflows/InProgress").intValue()).isOne();
        assertThat(overview.at("/tasks/active").intValue()).isOne();
        assertThat(overview.at("/claims/live").intValue()).isOne();
        assertThat(overview.at("/schema").stringValue()).isEqualTo("sayiir");
        assertThat(overview.at("/role").stringValue()).isEqualTo("primary");
    }

    @Test
    void an_instance_is_shown_with_all_but_its_payloads() throws Exception {
        start();
        orderWithEverything();

        HttpResponse<String> response = get("/sayiir/order-1");
        JsonNode instance = json(response);
        assertThat(instance.at("/instance/status").stringValue()).isEqualTo("InProgress");
        assertThat(instance.at("/instance/currentTaskId").stringValue()).isEqualTo("ship");
        assertThat(instance.at("/tasks")).hasSize(2);
        assertThat(instance.at("/claims/0/workerId").stringValue()).isEqualTo("worker-1");
        assertThat(instance.at("/pendingEvents/0/name").stringValue()).isEqualTo("paid");
        assertThat(instance.at("/events/0/kind").stringValue()).isEqualTo("Started");
        assertThat(instance.at("/history")).hasSize(2);
        assertThat(response.body()).doesNotContain(SECRET);
        assertThat(instance.has("outputs")).isFalse();
    }

    @Test
    void payloads_are_shown_if_a_property_allows_it() throws Exception {
        start("sayiir.postgres.endpoint.show-payloads=true");
        orderWithEverything();

        assertThat(json(get("/sayiir/order-1")).at("/outputs/charge").stringValue())
                .isEqualTo(SECRET);
    }

    @Test
    void what_is_not_there_is_not_found() throws Exception {
        start();
        assertThat(get("/sayiir/nobody").statusCode()).isEqualTo(404);
        assertThat(get("/sayiir/" + "x".repeat(300)).statusCode()).isEqualTo(400);
    }

    @Test
    void nothing_can_be_changed_unless_access_is_unrestricted() throws Exception {
        start();
        orderWithEverything();

        assertThat(post("order-1", "{\"action\":\"cancel\"}").statusCode()).isGreaterThanOrEqualTo(400);
        assertThat(delete("order-1").statusCode()).isGreaterThanOrEqualTo(400);
        assertThat(backend().loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }

    @Test
    void with_access_unrestricted_instances_are_paused_resumed_cancelled_and_deleted() throws Exception {
        start("management.endpoint.sayiir.access=unrestricted");
        backend().createSnapshot(order("order-1"));

        assertThat(json(post("order-1", "{\"action\":\"pause\",\"reason\":\"audit\",\"requestedBy\":\"ann\"}"))
                        .get("outcome")
                        .stringValue())
                .isEqualTo("APPLIED");
        assertThat(status()).isEqualTo(WorkflowStatus.PAUSED);
        assertThat(json(get("/sayiir/order-1")).at("/events/1/requestedBy").stringValue())
                .isEqualTo("ann");
        assertThat(post("order-1", "{\"action\":\"resume\"}").statusCode()).isEqualTo(200);
        assertThat(status()).isEqualTo(WorkflowStatus.IN_PROGRESS);
        assertThat(post("order-1", "{\"action\":\"resume\"}").statusCode()).isEqualTo(409);
        assertThat(post("order-1", "{\"action\":\"cancel\"}").statusCode()).isEqualTo(200);
        assertThat(status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThat(post("order-1", "{\"action\":\"pause\"}").statusCode()).isEqualTo(409);
        assertThat(post("order-1", "{\"action\":\"explode\"}").statusCode()).isEqualTo(400);
        assertThat(post("nobody", "{\"action\":\"cancel\"}").statusCode()).isEqualTo(404);
        assertThat(delete("order-1").statusCode()).isEqualTo(200);
        assertThat(backend().findSnapshot("order-1")).isEmpty();
        assertThat(delete("order-1").statusCode()).isEqualTo(404);
    }

    @Test
    void instances_are_listed_page_by_page_and_failures_by_what_they_have_in_common() throws Exception {
        start(
                "management.endpoint.sayiirinstances.access=read-only",
                "management.endpoint.sayiirfailures.access=read-only",
                "management.endpoints.web.exposure.include=sayiirinstances,sayiirfailures");
        for (int i = 0; i < 3; i++) {
            backend().createSnapshot(order("order-" + i).fail("card " + i + " declined"));
        }
        backend().createSnapshot(order("order-3").fail("out of stock"));
        backend().createSnapshot(order("order-4").pause(Optional.empty(), Optional.empty(), Instant.EPOCH));
        backend().createSnapshot(order("order-5"));
        backend()
                .createSnapshot(order("refund-1")
                        .moveTo(new AtSignal("wait", "approval", Optional.empty(), Optional.of("ship"))));

        JsonNode failures = json(get("/sayiirfailures")).at("/failures");
        assertThat(failures).hasSize(2);
        assertThat(failures.at("/0/fingerprint").stringValue()).isEqualTo("card # declined");
        assertThat(failures.at("/0/count").intValue()).isEqualTo(3);
        assertThat(failures.at("/0/exampleInstanceId").stringValue()).isEqualTo("order-2");
        assertThat(failures.at("/0/exampleError").stringValue()).isEqualTo("card 2 declined");
        assertThat(json(get("/sayiirfailures?limit=1")).at("/failures")).hasSize(1);
        assertThat(json(get("/sayiirfailures?workflow=other")).at("/failures")).isEmpty();
        assertThat(get("/sayiirfailures?limit=0").statusCode()).isEqualTo(400);

        JsonNode page = json(get("/sayiirinstances?failure=card%20%23%20declined&limit=2"));
        assertThat(idsIn(page)).containsExactly("order-2", "order-1");
        JsonNode next = json(get("/sayiirinstances?failure=card%20%23%20declined&limit=2&afterTime="
                + page.at("/next/afterTime").stringValue() + "&afterInstance="
                + page.at("/next/afterInstance").stringValue()));
        assertThat(idsIn(next)).containsExactly("order-0");
        assertThat(next.has("next")).isFalse();
        assertThat(idsIn(json(get("/sayiirinstances?status=PAUSED,FAILED&prefix=order-"))))
                .containsExactly("order-4", "order-3", "order-2", "order-1", "order-0");
        assertThat(idsIn(json(get("/sayiirinstances?waitingFor=approval")))).containsExactly("refund-1");
        assertThat(idsIn(json(get("/sayiirinstances?stuckSince=2100-01-01T00:00:00Z"))))
                .containsExactly("order-5");
        assertThat(idsIn(json(get("/sayiirinstances?stuckSince=2000-01-01T00:00:00Z"))))
                .isEmpty();
        assertThat(idsIn(json(get("/sayiirinstances?workflow=fulfilment-v1&task=charge&status=IN_PROGRESS"))))
                .containsExactly("order-5");
        assertThat(get("/sayiirinstances?limit=0").statusCode()).isEqualTo(400);
        assertThat(get("/sayiirinstances?status=LOST").statusCode()).isEqualTo(400);
    }

    private static List<String> idsIn(JsonNode page) {
        List<String> ids = new ArrayList<>();
        page.at("/instances")
                .forEach(instance -> ids.add(instance.at("/instanceId").stringValue()));
        return ids;
    }

    @Test
    void R26_what_is_blocked_is_listed_page_by_page_and_goes_on_one_by_one_or_by_a_query() throws Exception {
        start(
                "management.endpoint.sayiir.access=unrestricted",
                "management.endpoint.sayiirblocked.access=unrestricted",
                "management.endpoints.web.exposure.include=sayiir,sayiirblocked");
        for (int i = 0; i < 3; i++) {
            block("order-" + i);
        }

        JsonNode page = json(get("/sayiirblocked?workflow=fulfilment-v1&reason=NO_HANDLER&limit=2"));
        assertThat(page.at("/blocked")).hasSize(2);
        assertThat(page.at("/blocked/0/instanceId").stringValue()).isEqualTo("order-0");
        assertThat(page.at("/blocked/0/reason").stringValue()).isEqualTo("no-handler");
        assertThat(page.at("/blocked/0/error").stringValue()).isEqualTo("nobody can");
        assertThat(page.at("/blocked/0/build").stringValue()).isEqualTo("1.0");
        JsonNode second = json(get("/sayiirblocked?limit=2&afterTime="
                + page.at("/next/afterTime").stringValue() + "&afterInstance="
                + page.at("/next/afterInstance").stringValue()));
        assertThat(second.at("/blocked")).hasSize(1);
        assertThat(second.has("next")).isFalse();
        assertThat(json(get("/sayiir")).at("/tasks/blocked").intValue()).isEqualTo(3);
        assertThat(json(get("/sayiir/order-0")).at("/tasks/0/status").stringValue())
                .isEqualTo("blocked");
        assertThat(get("/sayiirblocked?limit=0").statusCode()).isEqualTo(400);

        assertThat(json(post("order-0", "{\"action\":\"unblock\"}"))
                        .at("/outcome")
                        .stringValue())
                .isEqualTo("UNBLOCKED");
        assertThat(json(post("order-0", "{\"action\":\"unblock\"}"))
                        .at("/outcome")
                        .stringValue())
                .isEqualTo("NOT_BLOCKED");
        assertThat(post("nobody", "{\"action\":\"unblock\"}").statusCode()).isEqualTo(404);
        assertThat(json(postTo("/sayiirblocked", "{\"exceptBuild\":\"1.1\",\"why\":\"fixed\",\"requestedBy\":\"ann\"}"))
                        .at("/unblocked")
                        .intValue())
                .isEqualTo(2);
        assertThat(json(get("/sayiir/order-2")).at("/events/2/requestedBy").stringValue())
                .isEqualTo("ann");
        assertThat(json(get("/sayiirblocked")).at("/blocked")).isEmpty();
    }

    @Test
    void R26_what_has_failed_goes_on_from_there_or_from_a_task_or_a_version() throws Exception {
        start("management.endpoint.sayiir.access=unrestricted");
        WorkflowSnapshot order = backend().createSnapshot(order("order-1"));
        WorkflowSnapshot charged = backend()
                .saveSnapshot(order.completeTask("charge", Payload.utf8(SECRET)).moveTo(new AtTask("ship")));
        backend().saveSnapshot(charged.fail("no van"));

        assertThat(json(post("order-1", "{\"action\":\"redrive\",\"reason\":\"new van\",\"requestedBy\":\"ann\"}"))
                        .at("/outcome")
                        .stringValue())
                .isEqualTo("InProgress");
        assertThat(json(get("/sayiir/order-1")).at("/instance/currentTaskId").stringValue())
                .isEqualTo("ship");
        assertThat(post("order-1", "{\"action\":\"redrive\"}").statusCode()).isEqualTo(409);
        assertThat(post("order-1", "{\"action\":\"redrive\",\"task\":\"charge\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(json(get("/sayiir/order-1")).at("/instance/currentTaskId").stringValue())
                .isEqualTo("charge");
        assertThat(post("order-1", "{\"action\":\"redrive\",\"version\":2}").statusCode())
                .isEqualTo(200);
        assertThat(json(get("/sayiir/order-1")).at("/instance/currentTaskId").stringValue())
                .isEqualTo("ship");
        assertThat(post("order-1", "{\"action\":\"redrive\",\"version\":2,\"task\":\"charge\"}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(post("nobody", "{\"action\":\"redrive\"}").statusCode()).isEqualTo(404);
    }

    private void block(String instanceId) {
        backend().createSnapshot(order(instanceId));
        TaskClaim claim = backend()
                .claimTask(instanceId, "charge", "worker", Duration.ofMinutes(1))
                .orElseThrow();
        backend()
                .refuseTasks(List.of(new TaskRefusal(
                        claim,
                        BlockReason.NO_HANDLER,
                        "nobody can",
                        Duration.ZERO,
                        Duration.ZERO,
                        Optional.of("1.0"))));
    }

    @Test
    void it_is_not_there_unless_it_is_exposed() throws Exception {
        start("management.endpoints.web.exposure.include=health");
        assertThat(get("/sayiir").statusCode()).isEqualTo(404);
        assertThat(application.getBeanNamesForType(SayiirEndpoint.class)).isEmpty();
    }

    @Test
    void endpoint_and_info_back_off_from_those_of_the_application() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SayiirPostgresAutoConfiguration.class, SayiirEndpointAutoConfiguration.class))
                .withBean("workflows", DataSource.class, database::dataSource)
                .withBean("own", SayiirEndpoint.class, () -> new SayiirEndpoint(null, null))
                .withBean("sayiirInfoContributor", InfoContributor.class, () -> info -> {})
                .withPropertyValues("management.endpoints.web.exposure.include=sayiir")
                .run(context -> assertThat(context)
                        .hasSingleBean(SayiirEndpoint.class)
                        .hasBean("own")
                        .hasSingleBean(InfoContributor.class)
                        .doesNotHaveBean(SayiirInfoContributor.class));
    }

    @Test
    void info_says_which_schema_it_is() throws Exception {
        start();
        JsonNode info = json(get("/info"));
        assertThat(info.at("/sayiir/schema").stringValue()).isEqualTo("sayiir");
        assertThat(info.at("/sayiir/schemaVersion").stringValue()).isEqualTo("1");
        assertThat(info.at("/sayiir/server").stringValue()).startsWith("PostgreSQL 17");
    }

    @Test
    void info_can_be_switched_off() throws Exception {
        start("management.info.sayiir.enabled=false");
        assertThat(json(get("/info")).has("sayiir")).isFalse();
    }

    @Test
    void health_is_part_of_the_application_s() throws Exception {
        start("management.endpoint.health.show-details=always");
        assertThat(json(get("/health")).at("/components/sayiir/status").stringValue())
                .isEqualTo("UP");
    }

    @Test
    void an_application_without_web_starts_all_the_same() {
        application = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .run(arguments());
        application.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
        assertThat(application
                        .getBean(SayiirHealthIndicator.class)
                        .health()
                        .getStatus()
                        .getCode())
                .isEqualTo("UP");
    }

    private void start(String... more) {
        application = SpringApplication.run(Application.class, arguments(more));
    }

    private String[] arguments(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--spring.datasource.url=" + database.url(),
                "--spring.datasource.username=" + database.username(),
                "--spring.datasource.password=" + database.password(),
                "--server.port=0",
                "--server.address=127.0.0.1",
                "--management.endpoints.web.exposure.include=sayiir,health,info"));
        for (String setting : more) {
            arguments.removeIf(argument -> argument.startsWith("--" + setting.split("=", 2)[0] + "="));
            arguments.add("--" + setting);
        }
        return arguments.toArray(String[]::new);
    }

    private void orderWithEverything() {
        WorkflowSnapshot order = backend().createSnapshot(order("order-1"));
        backend()
                .saveSnapshot(order.completeTask("charge", Payload.utf8(SECRET)).moveTo(new AtTask("ship")));
        backend().claimTask("order-1", "ship", "worker-1", Duration.ofMinutes(1));
        backend().sendEvent("order-1", "paid", Payload.utf8(SECRET));
    }

    private static WorkflowSnapshot order(String id) {
        return WorkflowSnapshot.start(id, "fulfilment-v1", Payload.utf8(SECRET)).moveTo(new AtTask("charge"));
    }

    private PostgresBackend backend() {
        return application.getBean(PostgresBackend.class);
    }

    private WorkflowStatus status() {
        return backend().loadSnapshot("order-1").status();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(request(path).GET());
    }

    private HttpResponse<String> post(String id, String body) throws Exception {
        return postTo("/sayiir/" + id, body);
    }

    private HttpResponse<String> postTo(String path, String body) throws Exception {
        return send(request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    private HttpResponse<String> delete(String id) throws Exception {
        return send(request("/sayiir/" + id).DELETE());
    }

    private HttpRequest.Builder request(String path) {
        String port = application.getEnvironment().getProperty("local.server.port");
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/actuator" + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JsonMapper.shared().readTree(response.body());
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = LiquibaseAutoConfiguration.class)
    static class Application {}
}
