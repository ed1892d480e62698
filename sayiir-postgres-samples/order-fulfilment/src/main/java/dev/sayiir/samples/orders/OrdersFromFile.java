package dev.sayiir.samples.orders;

import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.stereotype.Component;

/** Places the orders of the file when the application starts, those that are not there already. */
@Component
class OrdersFromFile implements ApplicationRunner {

    private static final Logger log = LoggerFactory.getLogger(OrdersFromFile.class);

    private final OrderCatalog catalog;
    private final OrderService orders;
    private final FulfilmentProperties properties;

    OrdersFromFile(OrderCatalog catalog, OrderService orders, FulfilmentProperties properties) {
        this.catalog = catalog;
        this.orders = orders;
        this.properties = properties;
    }

    @Override
    public void run(ApplicationArguments arguments) {
        if (properties.takeFromFile()) {
            List<Order> all = catalog.orders();
            long placed = all.stream().filter(this::place).count();
            log.info("Placed {} of the {} orders of the file", placed, all.size());
        }
    }

    private boolean place(Order order) {
        try {
            orders.place(order);
            return true;
        } catch (OrderExistsException e) {
            return false; // placed when the application was started before
        }
    }
}
