package dev.sayiir.samples.orders;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.springframework.core.io.Resource;
import tools.jackson.databind.json.JsonMapper;

/** The orders of the day, from a file. */
final class OrderCatalog {

    private final List<Order> orders;

    OrderCatalog(JsonMapper mapper, Resource file) {
        try (InputStream content = file.getInputStream()) {
            this.orders = List.of(mapper.readValue(content, Order[].class));
        } catch (IOException e) {
            throw new UncheckedIOException("The orders in " + file.getDescription() + " cannot be read", e);
        }
    }

    List<Order> orders() {
        return orders;
    }

    /** How many steps it takes to fulfil all of them. */
    int steps() {
        return orders.size() * Step.values().length;
    }
}
