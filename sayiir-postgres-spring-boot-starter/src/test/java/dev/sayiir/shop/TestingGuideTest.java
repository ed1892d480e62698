package dev.sayiir.shop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.postgres.test.WorkflowClock;
import dev.sayiir.postgres.test.WorkflowDriver;
import dev.sayiir.postgres.test.WorkflowFaults;
import dev.sayiir.postgres.test.autoconfigure.AutoConfigureSayiirPostgres;
import dev.sayiir.postgres.test.autoconfigure.SayiirPostgresTest;
import dev.sayiir.worker.Workflows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.context.annotation.Import;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** Every example of docs/testing-workflows.md does what it says, and is what is run here. */
@SayiirPostgresTest(inMemory = true)
@Import(Orders.class)
class TestingGuideTest {

    private static final Path TESTS = Path.of("src/test/java/dev/sayiir/shop");

    @Autowired
    private Workflows workflows;

    @Autowired
    private WorkflowDriver driver;

    @Autowired
    private WorkflowClock clock;

    @Autowired
    private WorkflowFaults faults;

    @Test
    void its_java_is_what_is_run_here() {
        List<String> regions = matches(
                        "(?s)// region [\\w-]+\\n(.*?)\\n *// endregion", read(TESTS.resolve("TestingGuideTest.java")))
                .map(String::stripIndent)
                .toList();
        List<String> files = Stream.of("Orders.java", "OrdersTest.java")
                .map(file -> read(TESTS.resolve(file)))
                .map(file -> file.substring(file.indexOf(";\n") + 1).strip())
                .toList();
        assertThat(matches("(?s)```java\\n(.*?)\\n```", read(Path.of("../docs/testing-workflows.md"))))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(files.stream(), regions.stream()).toList());
    }

    private void approved(String orderId) {
        workflows.start(Orders.WORKFLOW, orderId, new Orders.Order("tea"));
        driver.runUntilIdle();
        workflows.sendEvent(orderId, "approved", "ada");
    }

    @Test
    void back_offs() {
        approved("order-2");
        // region back-offs
        faults.failCall("order-2", "pay", 1, new SocketTimeoutException("the bank does not answer"));
        faults.failCall("order-2", "pay", 2, new SocketTimeoutException("the bank does not answer"));

        driver.runUntilIdle();
        assertThat(driver.instance("order-2")).hasAttempts("pay", 1).isStandingAt("pay");
        clock.advance(Duration.ofMinutes(1));
        driver.runUntilIdle();
        assertThat(driver.instance("order-2")).hasAttempts("pay", 2).isStandingAt("pay");
        clock.advance(Duration.ofMinutes(10));
        driver.runUntilIdle();
        assertThat(driver.instance("order-2")).hasAttempts("pay", 3).isCompleted();
        // endregion
    }

    @Test
    void a_process_that_dies() {
        approved("order-3");
        // region dies
        faults.dieAfterCall("order-3", "pay", 1);

        driver.runUntilIdle();
        assertThat(driver.instance("order-3")).hasNotCompleted("pay");

        clock.advance(Duration.ofMinutes(1)); // sayiir.postgres.claims.ttl
        driver.runUntilIdle();
        assertThat(driver.instance("order-3")).hasAttempts("pay", 2).isCompleted();
        // endregion
    }

    @Test
    void an_answer_that_is_lost() {
        approved("order-4");
        // region lost-answer
        faults.loseAnswerAfterCall("order-4", "pay", 1);

        driver.runUntilIdle();
        assertThat(driver.instance("order-4")).hasAttempts("pay", 1).isCompleted();
        // endregion
    }

    @Test
    void just_before_a_task() {
        approved("order-5");
        // region before-a-task
        driver.runUntilStandingAt("order-5", "pay");
        workflows.cancel("order-5", SignalRequest.of("out of stock", "ada"));

        driver.runUntilIdle();
        assertThat(driver.instance("order-5")).isCancelled().hasNotCompleted("pay");
        // endregion
    }

    /** Here it is not started: there need not be a Docker engine. */
    @Test
    void the_container_is_one_that_the_test_connects_to() throws NoSuchFieldException {
        assertThat(OrdersOnPostgres.class.getDeclaredField("database").getAnnotation(ServiceConnection.class))
                .isNotNull();
        assertThat(AnnotatedElementUtils.hasAnnotation(OrdersOnPostgres.class, AutoConfigureSayiirPostgres.class))
                .isTrue();
        assertThat(AnnotatedElementUtils.hasAnnotation(WholeApplication.class, AutoConfigureSayiirPostgres.class))
                .isTrue();
    }

    // region container
    @SayiirPostgresTest
    @Testcontainers
    @Import(Orders.class)
    static class OrdersOnPostgres {

        @Container
        @ServiceConnection
        static PostgreSQLContainer database = new PostgreSQLContainer("postgres:17");
    }
    // endregion

    // region whole-application
    @SpringBootTest
    @AutoConfigureSayiirPostgres
    static class WholeApplication {}
    // endregion

    private static Stream<String> matches(String regex, String text) {
        return Pattern.compile(regex).matcher(text).results().map((MatchResult match) -> match.group(1));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).replace("\r\n", "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
