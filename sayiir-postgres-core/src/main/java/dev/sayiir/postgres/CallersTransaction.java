package dev.sayiir.postgres;

import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Tells whether the caller has a transaction on a DataSource, which operations on it then take part in. */
final class CallersTransaction {

    private final DataSource dataSource;

    CallersTransaction(DataSource dataSource) {
        this.dataSource = target(dataSource);
    }

    boolean isActive() {
        return TransactionSynchronizationManager.hasResource(dataSource);
    }

    /** Transaction managers look through this proxy. */
    private static DataSource target(DataSource dataSource) {
        return dataSource instanceof TransactionAwareDataSourceProxy proxy
                ? Optional.ofNullable(proxy.getTargetDataSource()).orElse(dataSource)
                : dataSource;
    }
}
