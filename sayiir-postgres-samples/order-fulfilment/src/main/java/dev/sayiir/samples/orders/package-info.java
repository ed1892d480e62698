/**
 * Takes orders and fulfils them. Start with {@link dev.sayiir.samples.orders.Fulfilment}, the workflow; {@link
 * dev.sayiir.samples.orders.OrderService} starts it in the transaction of the order.
 */
@NullMarked
package dev.sayiir.samples.orders;

import org.jspecify.annotations.NullMarked;
