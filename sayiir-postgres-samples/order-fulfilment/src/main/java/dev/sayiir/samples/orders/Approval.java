package dev.sayiir.samples.orders;

import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;

/**
 * Somebody allows an expensive order.
 *
 * @param by who
 */
public record Approval(@NotBlank @Size(max = 200) String by) {}
