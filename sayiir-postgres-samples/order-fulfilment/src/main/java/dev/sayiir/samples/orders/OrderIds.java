package dev.sayiir.samples.orders;

/** How the workflow of an order is called. */
public final class OrderIds {

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
