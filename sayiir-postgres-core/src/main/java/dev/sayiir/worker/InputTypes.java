package dev.sayiir.worker;

import java.lang.reflect.Type;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.type.TypeFactory;

/** Finds out what a handler's class takes as its input. */
final class InputTypes {

    private static final ClassValue<Type> FOUND = new ClassValue<>() {
        @Override
        protected Type computeValue(Class<?> handler) {
            TypeFactory types = TypeFactory.createDefaultInstance();
            JavaType[] parameters = types.findTypeParameters(types.constructType(handler), TaskHandler.class);
            return parameters.length == 1 ? parameters[0] : Object.class;
        }
    };

    private InputTypes() {}

    static Type of(Class<?> handler) {
        return FOUND.get(handler);
    }
}
