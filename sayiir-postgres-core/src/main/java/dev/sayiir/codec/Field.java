package dev.sayiir.codec;

import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One field of an object that is being read: what it is called, how its value is read, and the value once there. */
final class Field<T> {

    private final StructureReader in;
    private final String name;
    private final String otherName;
    private final boolean nullable;
    private final Supplier<T> valueReader;
    private boolean seen;
    private @Nullable T value;

    Field(StructureReader in, String name, String otherName, boolean nullable, Supplier<T> valueReader) {
        this.in = in;
        this.name = name;
        this.otherName = otherName;
        this.nullable = nullable;
        this.valueReader = valueReader;
    }

    boolean isCalled(String fieldName) {
        return fieldName.equals(name) || fieldName.equals(otherName);
    }

    void read() {
        if (seen) {
            throw in.problem("the field is there twice");
        }
        seen = true;
        value = nullable && in.isNull() ? null : valueReader.get();
    }

    T required() {
        if (value == null) {
            throw in.problem("the field " + name + " is missing");
        }
        return value;
    }

    Optional<T> ifThere() {
        return Optional.ofNullable(value);
    }
}
