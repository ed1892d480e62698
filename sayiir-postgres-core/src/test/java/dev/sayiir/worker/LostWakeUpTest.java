package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WakeUpSource;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What a worker hears while it asks for tasks. Its polling interval is an hour: nothing but the wake-up helps. */
class LostWakeUpTest extends WorkerContractTest {

    private final List<Consumer<WakeUpSource>> listeners = new CopyOnWriteArrayList<>();
    private final AtomicInteger polls = new AtomicInteger();

    /** As if it were made known when the store has looked for tasks, and its answer is still on the way. */
    private TaskClaimStore whenPolled(Runnable firstTime) {
        TaskClaimStore store = claims;
        return (TaskClaimStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {TaskClaimStore.class}, (proxy, method, arguments) -> {
                    try {
                        Object answer = method.invoke(store, arguments);
                        if (method.getName().equals("claimAvailableTasks") && polls.getAndIncrement() == 0) {
                            firstTime.run();
                        }
                        return answer;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private TaskWorkerBuilder woken() {
        return worker(task("first", (in, task) -> TaskOutcome.complete("done")))
                .pollInterval(HOUR)
                .wakeUps(listener -> {
                    listeners.add(listener);
                    return () -> listeners.remove(listener);
                });
    }

    private void wake() {
        listeners.forEach(listener -> listener.accept(WakeUpSource.LOCAL));
    }

    @Test
    void R21_a_wake_up_that_comes_while_a_poll_is_under_way_is_followed_by_another_one() {
        claims = whenPolled(() -> {
            begin("order-1");
            wake();
        });
        start(woken());
        await().until(() -> snapshots.findSnapshot("order-1").isPresent());

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
    }
}
