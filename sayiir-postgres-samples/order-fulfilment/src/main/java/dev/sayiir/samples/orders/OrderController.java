package dev.sayiir.samples.orders;

import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.workflow.WorkflowStatus;
import jakarta.validation.Valid;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** Orders over HTTP. {@link OrderProblems} has what is answered when something is wrong. */
@RestController
@RequestMapping("/orders")
class OrderController {

    private final OrderService orders;

    OrderController(OrderService orders) {
        this.orders = orders;
    }

    @PostMapping
    ResponseEntity<OrderStatus> place(@Valid @RequestBody Order order) {
        orders.place(order);
        return ResponseEntity.created(URI.create("/orders/" + order.id())).body(orders.find(order.id()));
    }

    @GetMapping
    List<OrderStatus> list(@RequestParam Optional<String> status, @RequestParam(defaultValue = "100") int limit) {
        return orders.list(status.map(WorkflowStatus::ofText), limit);
    }

    @GetMapping("/{id}")
    OrderStatus find(@PathVariable String id) {
        return orders.find(id);
    }

    @PostMapping("/{id}/approval")
    Map<String, Object> approve(@PathVariable String id, @Valid @RequestBody Approval approval) {
        return Map.of("id", id, "outcome", orders.approve(id, approval));
    }

    /** 202 if a worker has the order at this moment and has yet to notice. */
    @DeleteMapping("/{id}")
    ResponseEntity<OrderStatus> cancel(@PathVariable String id) {
        HttpStatus status = orders.cancel(id) == SignalOutcome.PENDING ? HttpStatus.ACCEPTED : HttpStatus.OK;
        return ResponseEntity.status(status).body(orders.find(id));
    }
}
