package dev.sayiir.samples.orders;

/** What a step gives back, and what its checkpoint keeps as a small JSON document. */
sealed interface StepOutput {

    /** The number under which the outside world knows what was done. */
    String reference();

    record Reservation(String reference, String warehouse, int pieces) implements StepOutput {}

    record Payment(String reference, long amountCents, String currency) implements StepOutput {}

    record Parcel(String reference, String reservation, int grams) implements StepOutput {}

    record Shipment(String reference, String parcel, String carrier, String destination) implements StepOutput {}
}
