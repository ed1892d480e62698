package dev.sayiir.samples.orders;

/** There is an order of that number already. */
public final class OrderExistsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    OrderExistsException(String id, Throwable cause) {
        super("There is an order " + id + " already", cause);
    }
}
