package dev.sayiir.samples.orders;

import dev.sayiir.samples.orders.StepOutput.Parcel;
import dev.sayiir.samples.orders.StepOutput.Payment;
import dev.sayiir.samples.orders.StepOutput.Reservation;
import dev.sayiir.samples.orders.StepOutput.Shipment;
import dev.sayiir.workflow.CompletedTasks;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The work itself, which knows nothing of checkpoints. A step may run twice, if the process dies after its work and before
 * its checkpoint; so each gives the outside world a reference that is the same every time, by which a payment provider
 * tells a repeated request from a second payment.
 */
final class FulfilmentSteps {

    private final Json json;
    private final Consumer<Effect> outsideWorld;

    FulfilmentSteps(Json json, Consumer<Effect> outsideWorld) {
        this.json = json;
        this.outsideWorld = outsideWorld;
    }

    /** Runs one step of an order, given what the steps before it have put out. */
    StepOutput run(Step step, String instanceId, Order order, CompletedTasks done) {
        StepOutput output = switch (step) {
            case RESERVE -> reserve(order);
            case CHARGE -> charge(order);
            case PACK -> pack(order, read(done, Step.RESERVE, Reservation.class));
            case SHIP -> ship(order, read(done, Step.PACK, Parcel.class));
        };
        outsideWorld.accept(new Effect(instanceId, step, output.reference()));
        return output;
    }

    private static Reservation reserve(Order order) {
        String warehouse = order.express() ? "front" : "main";
        return new Reservation(reference("RSV", order), warehouse, order.pieces());
    }

    private static Payment charge(Order order) {
        return new Payment(reference("PAY", order), order.totalCents(), "EUR");
    }

    private static Parcel pack(Order order, Reservation reservation) {
        return new Parcel(reference("PCL", order), reservation.reference(), order.grams());
    }

    private static Shipment ship(Order order, Parcel parcel) {
        String carrier = order.express() ? "night-mail" : parcel.grams() > 2000 ? "freight" : "post";
        Order.Address to = order.address();
        String destination = to.street() + ", " + to.postalCode() + " " + to.city() + ", " + to.country();
        return new Shipment(reference("TRK", order), parcel.reference(), carrier, destination);
    }

    private <T> T read(CompletedTasks done, Step step, Class<T> type) {
        return done.output(step.taskId())
                .map(payload -> json.read(payload, type))
                .orElseThrow(() -> new IllegalStateException("Step '" + step.taskId() + "' has not been done yet"));
    }

    private static String reference(String prefix, Order order) {
        UUID digest = UUID.nameUUIDFromBytes((prefix + "/" + order.id()).getBytes(StandardCharsets.UTF_8));
        return prefix + "-" + order.id() + "-"
                + digest.toString().substring(0, 4).toUpperCase(Locale.ROOT);
    }
}
