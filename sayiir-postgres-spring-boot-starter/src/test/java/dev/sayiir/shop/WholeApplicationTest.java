package dev.sayiir.shop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.postgres.test.WorkflowClock;
import dev.sayiir.postgres.test.WorkflowDriver;
import dev.sayiir.postgres.test.autoconfigure.AutoConfigureSayiirPostgres;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.worker.Workflows;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.context.SmartLifecycle;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/** With all components of an application, and the workflows in a database of their own. */
@SpringBootTest(properties = {"spring.liquibase.enabled=false", "spring.flyway.enabled=false"})
@AutoConfigureSayiirPostgres
class WholeApplicationTest {

    private static final Database DATABASE = PostgresServer.of(17).newDatabase();
    private static final Database WORKFLOWS = PostgresServer.of(17).newDatabase();

    @Autowired
    private Workflows workflows;

    @Autowired
    private WorkflowDriver driver;

    @Autowired
    private WorkflowClock clock;

    @Autowired
    @Qualifier("sayiirTaskWorker")
    private SmartLifecycle worker;

    @DynamicPropertySource
    static void configure(DynamicPropertyRegistry properties) {
        DATABASE.describe("spring.datasource", properties::add);
        WORKFLOWS.describe("sayiir.postgres", properties::add);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
        WORKFLOWS.close();
    }

    @Test
    void its_workflows_are_driven_by_the_test_and_its_clock() {
        assertThat(worker.isRunning()).isFalse();
        workflows.start(Orders.WORKFLOW, "order-1", new Orders.Order("tea"));
        driver.runUntilIdle();
        assertThat(driver.instance("order-1")).isWaitingFor("approved").hasNotCompleted("remind");

        clock.advance(Duration.ofDays(2));
        driver.runUntilIdle();
        assertThat(driver.instance("order-1")).hasCompleted("remind");

        clock.advance(Duration.ofDays(7));
        driver.runUntilIdle();
        assertThat(driver.instance("order-1")).hasFailedWith("approved");
        assertThat(worker.isRunning()).isFalse();
    }
}
