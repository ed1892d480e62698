package dev.sayiir.shop;

import dev.sayiir.postgres.test.autoconfigure.SayiirPostgresTest;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import org.junit.jupiter.api.AfterAll;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SayiirPostgresTest(properties = "spring.liquibase.enabled=false")
@Import({Orders.class, Packing.class, Booking.class})
class DrivingOnPostgresTest extends DrivingContract {

    private static final Database DATABASE = PostgresServer.of(17).newDatabase();

    @DynamicPropertySource
    static void configure(DynamicPropertyRegistry properties) {
        DATABASE.describe("spring.datasource", properties::add);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }
}
