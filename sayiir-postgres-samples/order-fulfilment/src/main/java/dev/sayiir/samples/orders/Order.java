package dev.sayiir.samples.orders;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.util.List;
import java.util.Optional;

/**
 * What a customer has ordered.
 *
 * @param id the order number, which the shop has given it
 * @param customer who pays
 * @param express whether it goes before the others
 * @param note what the customer wrote, if anything
 * @param address where to send it
 * @param lines what to send
 */
public record Order(
        @NotNull
        @Pattern(
                regexp = "[A-Za-z0-9._-]{1,64}",
                message = "must be 1 to 64 letters, digits, dots, hyphens or underscores")
        String id,

        @NotBlank @Size(max = 200) String customer,
        boolean express,
        Optional<@Size(max = 1000) String> note,
        @NotNull @Valid Address address,
        @NotEmpty @Size(max = 100) List<@NotNull @Valid OrderLine> lines) {

    /**
     * Where to send an order.
     *
     * @param street street and number
     * @param postalCode postal code
     * @param city city
     * @param country two letters
     */
    public record Address(
            @NotBlank @Size(max = 200) String street,
            @NotBlank @Size(max = 20) String postalCode,
            @NotBlank @Size(max = 200) String city,
            @NotBlank @Size(min = 2, max = 2) String country) {}

    /**
     * @param number another order number
     * @return the same order under that number
     */
    public Order withId(String number) {
        return new Order(number, customer, express, note, address, lines);
    }

    /** @return what it costs, in cents */
    public long totalCents() {
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
