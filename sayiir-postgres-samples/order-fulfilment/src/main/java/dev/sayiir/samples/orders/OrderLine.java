package dev.sayiir.samples.orders;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;

/**
 * One kind of article in an order.
 *
 * @param sku the article number
 * @param name what the article is called
 * @param quantity how many of it
 * @param unitPriceCents the price of one, in cents
 * @param unitGrams the weight of one
 */
public record OrderLine(
        @NotBlank @Size(max = 64) String sku,
        @NotBlank @Size(max = 200) String name,
        @Min(1) @Max(1000) int quantity,
        @Min(0) @Max(100_000_000) long unitPriceCents,
        @Min(0) @Max(100_000) int unitGrams) {

    long totalCents() {
        return quantity * unitPriceCents;
    }
}
