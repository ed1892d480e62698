package dev.sayiir.postgres;

import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.WakeUpSource;
import dev.sayiir.persistence.WakeUpSubscriptions;
import dev.sayiir.persistence.WakeUps;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Tells who has subscribed here, and other processes, that a task may be due: once what makes it due is committed. */
final class PostgresWakeUps implements WakeUps, AutoCloseable {

    private final CallersTransaction callersTransaction;
    private final NotifyMode mode;
    private final StoreObserver observer;
    private final WakeUpSubscriptions subscriptions = new WakeUpSubscriptions();
    private final NotificationSender sender;
    private final NotificationListener listener;

    /** The same object each time, so that a transaction has it once, however much is saved in it. */
    private final TransactionSynchronization onCommit = new TransactionSynchronization() {
        @Override
        public void afterCommit() {
            tell();
        }
    };

    /** @param own where the listener's connections come from, if not from the DataSource */
    PostgresWakeUps(
            DataSource dataSource,
            SchemaName schema,
            NotifyMode mode,
            Optional<ListenerConnection.Source> own,
            StoreObserver observer) {
        if (mode == NotifyMode.LISTEN && own.isEmpty() && Pools.hasOneConnection(dataSource)) {
            throw new IllegalArgumentException(
                    "The pool has a single connection, which notify mode LISTEN would take for "
                            + "good; make the pool larger, or set a URL of its own for notifications");
        }
        this.callersTransaction = new CallersTransaction(dataSource);
        this.mode = mode;
        this.observer = observer;
        NotifyChannel channel = NotifyChannel.of(schema);
        String senderId = UUID.randomUUID().toString();
        this.sender = new NotificationSender(dataSource, channel, senderId);
        Optional<ArrivalProof> proof = Optional.of(new ArrivalProof(dataSource, sender, own.isPresent()))
                .filter(it -> mode == NotifyMode.AUTO);
        ListenerSettings settings = new ListenerSettings(
                own.orElse(dataSource::getConnection),
                () -> own.isEmpty() && Pools.isClosed(dataSource),
                channel,
                senderId,
                proof,
                ListenerSettings.SILENCE);
        this.listener = new NotificationListener(settings, this::wakeUp);
    }

    @Override
    public Subscription onWakeUp(Consumer<WakeUpSource> wakeUp) {
        Subscription subscription = subscriptions.onWakeUp(wakeUp);
        if (mode != NotifyMode.POLL) {
            listener.start();
        }
        return subscription;
    }

    WakeUpState state() {
        return listener.state();
    }

    /** For a snapshot that has been saved. */
    WorkflowSnapshot announced(WorkflowSnapshot saved) {
        if (Claims.mayBeDue(saved)) {
            announce();
        }
        return saved;
    }

    /** Within a transaction of the caller it waits for the commit, and comes to nothing with a rollback. */
    void announce() {
        if (TransactionSynchronizationManager.isSynchronizationActive() && callersTransaction.isActive()) {
            TransactionSynchronizationManager.registerSynchronization(onCommit);
        } else {
            tell();
        }
    }

    private void wakeUp(WakeUpSource source) {
        observer.wokenUp(source);
        subscriptions.tell(source);
    }

    private void tell() {
        wakeUp(WakeUpSource.LOCAL);
        if (mode != NotifyMode.POLL && state() != WakeUpState.FALLEN_BACK) {
            sender.send();
        }
    }

    @Override
    public void close() {
        sender.close();
        listener.close();
        subscriptions.close();
    }
}
