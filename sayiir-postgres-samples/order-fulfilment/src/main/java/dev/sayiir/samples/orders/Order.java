package dev.sayiir.samples.orders;

import java.util.List;
import java.util.Optional;

/**
 * What a customer has ordered.
 *
 * @param id the order number
 * @param customer who pays
 * @param express whether it goes before the others
 * @param note what the customer wrote, if anything
 * @param address where to send it
 * @param lines what to send
 */
record Order(
        String id, String customer, boolean express, Optional<String> note, Address address, List<OrderLine> lines) {

    record Address(String street, String postalCode, String city, String country) {}

    long totalCents() {
        return lines.stream().mapToLong(OrderLine::totalCents).sum();
    }

    int pieces() {
        return lines.stream().mapToInt(OrderLine::quantity).sum();
    }

    int grams() {
        return lines.stream()
                .mapToInt(line -> line.quantity() * line.unitGrams())
                .sum();
    }
}
