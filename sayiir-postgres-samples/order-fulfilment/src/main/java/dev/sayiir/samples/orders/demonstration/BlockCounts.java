package dev.sayiir.samples.orders.demonstration;

/**
 * What the event logs of the orders say of the bad deploy.
 *
 * @param blocked how often an order was blocked
 * @param unblocked how often one was let go on
 */
record BlockCounts(int blocked, int unblocked) {}
