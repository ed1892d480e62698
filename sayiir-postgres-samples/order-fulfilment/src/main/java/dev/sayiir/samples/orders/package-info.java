/**
 * Takes orders through reserve, charge, pack and ship, is killed half-way, and carries on from the checkpoints. Start with
 * {@link dev.sayiir.samples.orders.OrderProcess}: the rest is scenery.
 */
@NullMarked
package dev.sayiir.samples.orders;

import org.jspecify.annotations.NullMarked;
