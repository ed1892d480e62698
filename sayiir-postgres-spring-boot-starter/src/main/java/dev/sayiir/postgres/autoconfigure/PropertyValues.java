package dev.sayiir.postgres.autoconfigure;

import java.util.function.Function;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/** Says which property it is whose value has been refused. */
final class PropertyValues {

    private PropertyValues() {}

    static <T, R> R checked(String property, T value, Function<T, R> use) {
        try {
            return use.apply(value);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException(property, value, e.getMessage(), e);
        }
    }
}
