package dev.sayiir.postgres;

import java.util.Objects;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Tells whether the caller has a transaction on a DataSource, which operations on it then take part in. */
final class CallersTransaction {

    private final DataSource dataSource;

    /** Transactions are bound to what a transaction manager makes of the DataSource: it looks through Spring's own proxy. */
    CallersTransaction(DataSource dataSource) {
        this.dataSource = Objects.requireNonNull(new DataSourceTransactionManager(dataSource).getDataSource());
    }

    boolean isActive() {
        return TransactionSynchronizationManager.hasResource(dataSource);
    }
}
