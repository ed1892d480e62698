package dev.sayiir.shop;

import dev.sayiir.postgres.test.autoconfigure.SayiirPostgresTest;
import org.springframework.context.annotation.Import;

@SayiirPostgresTest(inMemory = true)
@Import({Orders.class, Packing.class, Booking.class})
class DrivingInMemoryTest extends DrivingContract {}
