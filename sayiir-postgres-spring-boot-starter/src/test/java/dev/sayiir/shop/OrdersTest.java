package dev.sayiir.shop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.postgres.test.WorkflowClock;
import dev.sayiir.postgres.test.WorkflowDriver;
import dev.sayiir.postgres.test.autoconfigure.SayiirPostgresTest;
import dev.sayiir.worker.Workflows;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Import;

@SayiirPostgresTest(inMemory = true)
@Import(Orders.class)
class OrdersTest {

    @Autowired
    Workflows workflows;

    @Autowired
    WorkflowDriver driver;

    @Autowired
    WorkflowClock clock;

    @Test
    void whoever_does_not_approve_an_order_is_reminded_after_two_days() {
        workflows.start(Orders.WORKFLOW, "order-1", new Orders.Order("tea"));
        driver.runUntilIdle();
        assertThat(driver.instance("order-1")).hasNotCompleted("remind").isWaitingFor("approved");

        clock.advance(Duration.ofDays(2));
        driver.runUntilIdle();
        assertThat(driver.instance("order-1")).hasCompleted("remind").isWaitingFor("approved");

        workflows.sendEvent("order-1", "approved", "ada");
        driver.runUntilIdle();
        assertThat(driver.instance("order-1")).isCompleted().hasResult("sent for ada");
    }
}
