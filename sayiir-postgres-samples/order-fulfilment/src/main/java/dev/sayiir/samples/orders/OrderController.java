package dev.sayiir.samples.orders;

import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.workflow.WorkflowStatus;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.Pattern;
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
    List<OrderStatus> list(
            @RequestParam Optional<WorkflowStatus> status,
            @RequestParam(defaultValue = "100") @Min(1) @Max(WorkflowQuery.MAX_LIMIT) int limit) {
        return orders.list(status, limit);
    }

    @GetMapping("/{id}")
    OrderStatus find(@PathVariable @Pattern(regexp = OrderIds.PATTERN, message = OrderIds.PATTERN_IN_WORDS) String id) {
        return orders.find(id);
    }

    @PostMapping("/{id}/approval")
    Map<String, Object> approve(
            @PathVariable @Pattern(regexp = OrderIds.PATTERN, message = OrderIds.PATTERN_IN_WORDS) String id,
            @Valid @RequestBody Approval approval) {
        return Map.of("id", id, "outcome", orders.approve(id, approval));
    }

    /** 202 if a worker has the order at this moment and has yet to notice. */
    @DeleteMapping("/{id}")
    ResponseEntity<OrderStatus> cancel(
            @PathVariable @Pattern(regexp = OrderIds.PATTERN, message = OrderIds.PATTERN_IN_WORDS) String id) {
        HttpStatus status = orders.cancel(id) == SignalOutcome.PENDING ? HttpStatus.ACCEPTED : HttpStatus.OK;
        return ResponseEntity.status(status).body(orders.find(id));
    }
}
