package dev.sayiir.samples.orders;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import org.springframework.core.io.ClassPathResource;
import org.springframework.stereotype.Component;
import tools.jackson.databind.json.JsonMapper;

/** The orders of the day, from {@code orders.json}. */
@Component
public class OrderCatalog {

    private final JsonMapper mapper;

    OrderCatalog(JsonMapper mapper) {
        this.mapper = mapper;
    }

    /**
     * Reads the file; an application that only works on orders never does.
     *
     * @return the orders, in the order of the file
     */
    public List<Order> orders() {
        try (InputStream content = new ClassPathResource("orders.json").getInputStream()) {
            return List.of(mapper.readValue(content, Order[].class));
        } catch (IOException e) {
            throw new UncheckedIOException("The orders in orders.json cannot be read", e);
        }
    }
}
