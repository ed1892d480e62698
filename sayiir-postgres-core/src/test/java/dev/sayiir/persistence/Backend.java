package dev.sayiir.persistence;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A backend that the contract suite runs on. It is made when its first test begins, and shared by all of them. */
final class Backend {

    private final String name;
    private final Supplier<Stores> factory;
    private @Nullable Stores stores;

    Backend(String name, Supplier<Stores> factory) {
        this.name = name;
        this.factory = factory;
    }

    String name() {
        return name;
    }

    synchronized Stores stores() {
        Stores made = stores;
        if (made == null) {
            made = factory.get();
            stores = made;
        }
        return made;
    }

    @Override
    public String toString() {
        return name;
    }
}
