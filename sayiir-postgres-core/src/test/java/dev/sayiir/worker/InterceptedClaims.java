package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaimStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/** Lets a test come between a worker and its store: hold a call up, change its answer, or have it fail. */
final class InterceptedClaims {

    /** What to do about a call. */
    @FunctionalInterface
    interface Around {
        Object call(Object[] arguments, Callable<Object> proceed) throws Exception;
    }

    private final Map<String, Around> around = new ConcurrentHashMap<>();
    private final TaskClaimStore store;

    InterceptedClaims(TaskClaimStore target) {
        this.store = (TaskClaimStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {TaskClaimStore.class}, (proxy, method, arguments) -> {
                    Callable<Object> proceed = () -> {
                        try {
                            return method.invoke(target, arguments);
                        } catch (InvocationTargetException e) {
                            throw e.getCause() instanceof Exception cause ? cause : e;
                        }
                    };
                    return around.getOrDefault(method.getName(), (given, go) -> go.call())
                            .call(arguments == null ? new Object[0] : arguments, proceed);
                });
    }

    TaskClaimStore store() {
        return store;
    }

    /** From now on, for all calls of that method. */
    void on(String method, Around what) {
        around.put(method, what);
    }

    void off(String method) {
        around.remove(method);
    }
}
