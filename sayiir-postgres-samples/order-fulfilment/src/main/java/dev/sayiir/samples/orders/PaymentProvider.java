package dev.sayiir.samples.orders;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Stands in for a payment provider, with a table for its books. It is busy now and then. Whoever asks again with the same
 * key is not charged again.
 */
@Component
class PaymentProvider {

    private static final int ONE_IN = 5;

    private final JdbcClient jdbc;

    PaymentProvider(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** Takes the money once, however often it is called with that key. */
    Payment charge(String key, long cents) throws PaymentProviderBusyException {
        boolean charged = jdbc.sql("""
                        INSERT INTO order_fulfilment.payments (payment_key, cents, charged) VALUES (:key, :cents, :charged)
                        ON CONFLICT (payment_key) DO UPDATE SET charged = true, requests = payments.requests + 1
                        RETURNING charged""")
                .param("key", key)
                .param("cents", cents)
                .param("charged", !isBusyAtFirst(key))
                .query(Boolean.class)
                .single();
        if (!charged) {
            throw new PaymentProviderBusyException();
        }
        return new Payment(key, cents);
    }

    /** Gives the money back once, however often it is called with that key. */
    void refund(String key) {
        jdbc.sql("UPDATE order_fulfilment.payments SET refunded = true WHERE payment_key = :key")
                .param("key", key)
                .update();
    }

    /** By the key and not by chance, so that a run can be repeated. */
    static boolean isBusyAtFirst(String key) {
        CRC32 sum = new CRC32();
        sum.update(key.getBytes(StandardCharsets.UTF_8));
        return sum.getValue() % ONE_IN == 0;
    }
}
