package dev.sayiir.postgres.autoconfigure;

import java.util.function.Supplier;
import org.springframework.boot.actuate.endpoint.InvalidEndpointRequestException;

/** What endpoints are asked for. */
final class EndpointRequests {

    private EndpointRequests() {}

    /** What the stores refuse as not valid is a bad request. */
    static <T> T answer(Supplier<T> work) {
        try {
            return work.get();
        } catch (IllegalArgumentException e) {
            throw new InvalidEndpointRequestException(
                    String.valueOf(e.getMessage()), e.getClass().getSimpleName(), e);
        }
    }
}
