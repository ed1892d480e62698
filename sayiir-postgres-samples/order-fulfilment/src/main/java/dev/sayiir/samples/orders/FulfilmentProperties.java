package dev.sayiir.samples.orders;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How orders are fulfilled.
 *
 * @param takeFromFile whether to take the orders of the file when the application starts
 * @param workTime how long each step pretends to work
 * @param packingTime how long a parcel lies in the packing line, which no worker waits for
 * @param approvalAboveCents the total above which somebody has to approve an order
 * @param approvalTimeout for how long to wait for that, before the order is declined
 */
@ConfigurationProperties("orders")
record FulfilmentProperties(
        @DefaultValue("true") boolean takeFromFile,
        @DefaultValue("50ms") Duration workTime,
        @DefaultValue("500ms") Duration packingTime,
        @DefaultValue("8000") long approvalAboveCents,
        @DefaultValue("10m") Duration approvalTimeout) {}
