package dev.sayiir.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The application as a whole, over HTTP, on a real database. */
class OrdersHttpTest {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final EmbeddedDatabase DATABASE = new EmbeddedDatabase(Path.of("target", "embedded-postgres"));
    private static ServletWebServerApplicationContext application;

    @BeforeAll
    static void start() {
        DATABASE.start();
        SpringApplication orders = new SpringApplication(OrderFulfilmentApplication.class);
        application = (ServletWebServerApplicationContext) orders.run(
                "--spring.datasource.url=" + DATABASE.url(),
                "--spring.datasource.username=" + EmbeddedDatabase.USERNAME,
                "--spring.datasource.password=" + EmbeddedDatabase.PASSWORD,
                "--server.port=0",
                "--orders.work-time=1ms",
                "--orders.packing-time=10ms",
                "--sayiir.postgres.metrics.refresh-interval=100ms");
    }

    @AfterAll
    static void stop() {
        if (application != null) {
            application.close();
        }
        DATABASE.close();
    }

    @Test
    void an_order_is_created_with_its_workflow_and_fulfilled() throws Exception {
        String id = newId();

        HttpResponse<String> created = post("/orders", order(id, 2, 1290));

        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(created.headers().firstValue("Location")).contains("/orders/" + id);
        assertThat(json(created).path("id").stringValue()).isEqualTo(id);
        JsonNode done = awaitStatus(id, "Completed");
        assertThat(done.path("receipt").path("outcome").stringValue()).isEqualTo("SHIPPED");
        assertThat(done.path("receipt").path("paidCents").intValue()).isEqualTo(2580);
        assertThat(done.path("finishedAt").stringValue()).isNotBlank();
    }

    @Test
    void a_payment_is_charged_once_however_often_the_provider_is_busy() throws Exception {
        String id = newId();
        while (!PaymentProvider.isBusyAtFirst(OrderIds.instanceId(id) + "/payment")) {
            id = newId();
        }

        post("/orders", order(id, 1, 500));

        awaitStatus(id, "Completed");
        Map<String, Object> payment = application
                .getBean(JdbcClient.class)
                .sql("SELECT charged, requests, cents FROM order_fulfilment.payments WHERE payment_key = :key")
                .param("key", OrderIds.instanceId(id) + "/payment")
                .query()
                .singleRow();
        assertThat(payment)
                .containsEntry("charged", true)
                .containsEntry("requests", 2)
                .containsEntry("cents", 500L);
    }

    @Test
    void an_expensive_order_waits_for_an_approval() throws Exception {
        String id = newId();
        post("/orders", order(id, 1, 10_001));
        awaitAt(id, Fulfilment.WAIT_FOR_APPROVAL);

        HttpResponse<String> approved = post("/orders/" + id + "/approval", "{\"by\": \"ada\"}");

        assertThat(approved.statusCode()).isEqualTo(200);
        assertThat(json(approved).path("outcome").stringValue()).isEqualTo("DELIVERED");
        assertThat(awaitStatus(id, "Completed")
                        .path("receipt")
                        .path("approvedBy")
                        .stringValue())
                .isEqualTo("ada");
        assertThat(json(post("/orders/" + id + "/approval", "{\"by\": \"bob\"}"))
                        .path("outcome")
                        .stringValue())
                .as("once is enough")
                .isEqualTo("DUPLICATE");
    }

    @Test
    void an_order_that_waits_is_cancelled_at_once_and_one_that_is_finished_is_not() throws Exception {
        String id = newId();
        post("/orders", order(id, 1, 10_001));
        awaitAt(id, Fulfilment.WAIT_FOR_APPROVAL);

        HttpResponse<String> cancelled = send("DELETE", "/orders/" + id, null);

        assertThat(cancelled.statusCode()).isEqualTo(200);
        assertThat(json(cancelled).path("status").stringValue()).isEqualTo("Cancelled");

        String finished = newId();
        post("/orders", order(finished, 1, 100));
        awaitStatus(finished, "Completed");
        assertProblem(send("DELETE", "/orders/" + finished, null), 409, "The order is finished");
        assertProblem(post("/orders/" + finished + "/approval", "{\"by\": \"ada\"}"), 409, "The order is finished");
    }

    @Test
    void an_order_number_that_is_taken_is_refused() throws Exception {
        String id = newId();
        post("/orders", order(id, 1, 100));

        assertProblem(post("/orders", order(id, 2, 100)), 409, "There is an order " + id + " already");
    }

    @Test
    void an_order_that_cannot_be_understood_or_is_not_complete_is_refused() throws Exception {
        assertProblem(post("/orders", "{"), 400, "Failed to read request");
        assertProblem(post("/orders", order(newId(), 0, 100)), 400, "lines[0].quantity must be greater than");
        assertProblem(post("/orders", order("no/slashes", 1, 100)), 400, "id must be 1 to 64 letters");
        assertProblem(post("/orders/x/approval", "{}"), 400, "by must not be blank");
        assertProblem(post("/orders/x/approval", "{\"by\": \"\"}"), 400, "by must not be blank");
        assertProblem(post("/orders", order(newId(), 1, 100).replace("Ada", "A\\u0000a")), 400, "cannot be stored");
        assertProblem(get("/orders/" + "x".repeat(300)), 400, "id must be 1 to 64 letters");
        assertProblem(get("/orders?limit=0"), 400, "limit must be greater than or equal to 1");
        assertProblem(get("/orders?status=Lost"), 400, "Lost");
    }

    @Test
    void an_order_that_there_is_not_is_not_found() throws Exception {
        assertProblem(get("/orders/none"), 404, "There is no such order");
        assertProblem(send("DELETE", "/orders/none", null), 404, "There is no such order");
        assertProblem(post("/orders/none/approval", "{\"by\": \"ada\"}"), 404, "There is no such order");
    }

    @Test
    void the_orders_of_the_file_are_taken_and_listed() throws Exception {
        List<String> expected = application.getBean(OrderCatalog.class).orders().stream()
                .map(Order::id)
                .toList();

        HttpResponse<String> all = get("/orders?limit=1000");

        assertThat(json(all).valueStream().map(order -> order.path("id").stringValue()))
                .containsAll(expected);
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(json(get("/orders?status=Completed"))
                                .valueStream()
                                .map(order -> order.path("id").stringValue()))
                        .contains(expected.get(0)));
    }

    @Test
    void an_order_and_its_workflow_are_there_together_or_not_at_all() {
        String id = newId();
        OrderService orders = application.getBean(OrderService.class);
        Order order = application.getBean(OrderCatalog.class).orders().get(0).withId(id);

        application.getBean(TransactionTemplate.class).executeWithoutResult(transaction -> {
            orders.place(order);
            transaction.setRollbackOnly();
        });

        JdbcClient jdbc = application.getBean(JdbcClient.class);
        assertThat(rows(jdbc, "order_fulfilment.orders WHERE id = '" + id + "'"))
                .isZero();
        assertThat(rows(jdbc, "sayiir.sayiir_workflows WHERE instance_id = '" + OrderIds.instanceId(id) + "'"))
                .isZero();
        orders.place(order);
        assertThat(rows(jdbc, "order_fulfilment.orders WHERE id = '" + id + "'"))
                .isOne();
        assertThat(orders.find(id).id()).isEqualTo(id);
    }

    @Test
    void health_tells_of_the_workflows() throws Exception {
        HttpResponse<String> health = get("/actuator/health");

        assertThat(health.statusCode()).isEqualTo(200);
        JsonNode sayiir = json(health).path("components").path("sayiir");
        assertThat(sayiir.path("status").stringValue()).isEqualTo("UP");
        assertThat(sayiir.path("details").path("schema").stringValue()).isEqualTo("sayiir");
    }

    @Test
    void metrics_count_the_workflows() throws Exception {
        String id = newId();
        post("/orders", order(id, 1, 100));
        awaitStatus(id, "Completed");

        await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
            JsonNode gauge = json(get("/actuator/metrics/sayiir.workflows?tag=status:Completed"));
            assertThat(gauge.path("measurements").path(0).path("value").doubleValue())
                    .isGreaterThanOrEqualTo(1);
            assertThat(get("/actuator/prometheus").body())
                    .containsPattern("sayiir_workflows\\{status=\"Completed\"} [1-9]")
                    .containsPattern("sayiir_store_operations_seconds_count\\{.*operation=\"commitTasks\"");
        });
    }

    @Test
    void the_endpoint_shows_figures_and_an_order_without_its_payloads() throws Exception {
        String id = newId();
        post("/orders", order(id, 1, 100));
        awaitStatus(id, "Completed");

        JsonNode overview = json(get("/actuator/sayiir"));
        HttpResponse<String> instance = get("/actuator/sayiir/" + OrderIds.instanceId(id));

        assertThat(overview.path("workflows").path("Completed").longValue()).isPositive();
        assertThat(overview.path("role").stringValue()).isEqualTo("primary");
        assertThat(instance.body())
                .contains("charge-payment", "print-label", "Completed")
                .doesNotContain("Ada");
        assertThat(send("DELETE", "/actuator/sayiir/" + OrderIds.instanceId(id), null)
                        .statusCode())
                .as("only to read, unless allowed")
                .isEqualTo(405);
    }

    private static long rows(JdbcClient jdbc, String fromWhere) throws DataAccessException {
        return jdbc.sql("SELECT count(*) FROM " + fromWhere).query(Long.class).single();
    }

    private static String newId() {
        return "T-" + UUID.randomUUID();
    }

    private static String order(String id, int quantity, int cents) {
        ObjectNode order = JSON.createObjectNode()
                .put("id", id)
                .put("customer", "Ada")
                .put("express", false)
                .put("note", "<b>; DROP TABLE orders; --");
        order.putObject("address")
                .put("street", "12 St James's Square")
                .put("postalCode", "SW1Y 4JH")
                .put("city", "London")
                .put("country", "GB");
        order.putArray("lines")
                .addObject()
                .put("sku", "TEA")
                .put("name", "Tea")
                .put("quantity", quantity)
                .put("unitPriceCents", cents)
                .put("unitGrams", 100);
        return order.toString();
    }

    private static JsonNode awaitStatus(String id, String status) {
        return await().atMost(Duration.ofMinutes(1))
                .until(
                        () -> json(get("/orders/" + id)),
                        order -> order.path("status").stringValue().equals(status));
    }

    private static void awaitAt(String id, String place) {
        await().atMost(Duration.ofMinutes(1))
                .until(() -> json(get("/orders/" + id)).path("at").stringValue(""), place::equals);
    }

    private static void assertProblem(HttpResponse<String> answer, int status, String detail) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        assertThat(json(answer).path("detail").stringValue()).contains(detail);
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return JSON.readTree(answer.body());
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return send("GET", path, null);
    }

    private static HttpResponse<String> post(String path, String body) throws Exception {
        return send("POST", path, body);
    }

    private static HttpResponse<String> send(String method, String path, String body) throws Exception {
        int port = application.getWebServer().getPort();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .header("Content-Type", "application/json")
                .method(
                        method,
                        body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body))
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }
}
