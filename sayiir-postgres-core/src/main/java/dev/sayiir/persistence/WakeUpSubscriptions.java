package dev.sayiir.persistence;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * For stores: who is to be told of wake-ups. Listeners are called by a thread of its own, which is there only while there
 * is something to tell; so nothing that they do can hold up, or break, the operation that wakes them.
 */
public final class WakeUpSubscriptions implements WakeUps, AutoCloseable {

    private static final System.Logger log = System.getLogger(WakeUpSubscriptions.class.getName());

    /** Whoever has so much still to hear misses nothing by not hearing more. */
    private static final int MAX_WAITING = 1_000;

    private final LogLimit failed = new LogLimit();
    private final List<Listening> subscriptions = new CopyOnWriteArrayList<>();
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MAX_WAITING),
            WakeUpSubscriptions::daemon,
            new DiscardPolicy());

    /** No subscriptions yet. */
    public WakeUpSubscriptions() {
        thread.allowCoreThreadTimeOut(true);
    }

    @Override
    public Subscription onWakeUp(Consumer<WakeUpSource> listener) {
        Listening subscription = new Listening(listener);
        subscriptions.add(subscription);
        return subscription;
    }

    /**
     * Tells all who have subscribed, and does not wait for it.
     *
     * @param source where the wake-up comes from
     */
    public void tell(WakeUpSource source) {
        if (!subscriptions.isEmpty()) {
            thread.execute(() -> subscriptions.forEach(subscription -> subscription.tell(source)));
        }
    }

    /** Tells what is still to be told, and no more after that. */
    @Override
    public void close() {
        thread.shutdown();
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(null, work, "sayiir-wake-ups", 0, false);
        thread.setDaemon(true);
        return thread;
    }

    private final class Listening implements Subscription {

        private final Consumer<WakeUpSource> listener;

        Listening(Consumer<WakeUpSource> listener) {
            this.listener = listener;
        }

        /** One that throws must not keep the others from being told. */
        void tell(WakeUpSource source) {
            try {
                listener.accept(source);
            } catch (RuntimeException e) {
                failed.log(more -> log.log(
                        System.Logger.Level.ERROR, "A listener failed when it was told of a wake-up" + more, e));
            }
        }

        @Override
        public void close() {
            subscriptions.remove(this);
        }
    }
}
