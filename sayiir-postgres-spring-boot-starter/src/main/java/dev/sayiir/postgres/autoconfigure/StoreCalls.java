package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.workflow.SayiirException;
import io.micrometer.observation.Observation;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Calls that an observation is made of, with how they end as its {@code outcome}. */
final class StoreCalls {

    private StoreCalls() {}

    /** That the stores refuse something is an outcome and no error. */
    static <T extends @Nullable Object> T observed(Observation observation, Supplier<T> call) {
        observation.lowCardinalityKeyValue("outcome", "success").start();
        Observation.Scope scope = observation.openScope();
        try {
            return call.get();
        } catch (SayiirException e) {
            observation.lowCardinalityKeyValue("outcome", "refused");
            throw e;
        } catch (RuntimeException | Error e) {
            observation.lowCardinalityKeyValue("outcome", "error");
            observation.error(e);
            throw e;
        } finally {
            scope.close();
            observation.stop();
        }
    }
}
