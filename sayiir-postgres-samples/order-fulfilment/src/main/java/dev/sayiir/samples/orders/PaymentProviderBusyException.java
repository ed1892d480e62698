package dev.sayiir.samples.orders;

/** The payment provider has no time now; ask it again. */
final class PaymentProviderBusyException extends Exception {

    private static final long serialVersionUID = 1L;

    PaymentProviderBusyException() {
        super("The payment provider is busy");
    }
}
