package dev.sayiir.samples.orders;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/** The shop's own books. Nothing in them keeps a payment from being booked twice: that is up to whoever books it. */
@Component
class Ledger {

    private final JdbcClient jdbc;

    Ledger(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    void book(String orderId, long cents) {
        jdbc.sql("INSERT INTO order_fulfilment.bookings (order_id, cents) VALUES (:order, :cents)")
                .param("order", orderId)
                .param("cents", cents)
                .update();
    }
}
