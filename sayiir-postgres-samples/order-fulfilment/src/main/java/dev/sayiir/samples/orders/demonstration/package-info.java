/**
 * Shows that orders survive whatever happens to those who fulfil them. Start with {@link
 * dev.sayiir.samples.orders.demonstration.Launcher}.
 */
@NullMarked
package dev.sayiir.samples.orders.demonstration;

import org.jspecify.annotations.NullMarked;
