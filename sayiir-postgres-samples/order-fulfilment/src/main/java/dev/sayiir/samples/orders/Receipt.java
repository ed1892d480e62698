package dev.sayiir.samples.orders;

/**
 * The result of the workflow of an order.
 *
 * @param orderId the order number
 * @param outcome what became of it
 * @param carrier who was to bring it
 * @param approvedBy who approved it
 * @param paidCents what was paid for it in the end
 */
public record Receipt(String orderId, Outcome outcome, String carrier, String approvedBy, long paidCents) {

    /** What can become of an order. */
    public enum Outcome {
        /** It is on its way. */
        SHIPPED,
        /** Nobody approved it in time: it is not sent. */
        DECLINED
    }
}
