package dev.sayiir.samples.orders;

/** What an order number looks like, and how the workflow of an order is called. */
public final class OrderIds {

    static final String PATTERN = "[A-Za-z0-9._-]{1,64}";
    static final String PATTERN_IN_WORDS = "must be 1 to 64 letters, digits, dots, hyphens or underscores";

    private static final String PREFIX = "order-";

    private OrderIds() {}

    /**
     * @param orderId the order number
     * @return the id of the workflow instance of that order
     */
    public static String instanceId(String orderId) {
        return PREFIX + orderId;
    }

    /**
     * @param instanceId the id of the workflow instance of an order
     * @return the order number
     */
    public static String orderId(String instanceId) {
        return instanceId.substring(PREFIX.length());
    }
}
