package dev.sayiir.postgres.autoconfigure;

import java.util.Optional;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * Finds the transaction manager of a DataSource. It has to be that one: any other would commit behind the back of the
 * transactions in which the application uses the DataSource.
 */
final class TransactionManagers {

    private static final boolean JPA_PRESENT = ClassUtils.isPresent(
            "org.springframework.orm.jpa.JpaTransactionManager", TransactionManagers.class.getClassLoader());

    private TransactionManagers() {}

    static Optional<PlatformTransactionManager> managing(
            DataSource dataSource, Stream<PlatformTransactionManager> managers) {
        DataSource target = target(dataSource);
        return managers.filter(manager -> dataSourceOf(manager) == target).findFirst();
    }

    private static @Nullable DataSource dataSourceOf(PlatformTransactionManager manager) {
        if (manager instanceof DataSourceTransactionManager jdbc) {
            return jdbc.getDataSource();
        }
        return JPA_PRESENT ? Jpa.dataSourceOf(manager) : null;
    }

    /** Transaction managers look through this proxy. */
    private static DataSource target(DataSource dataSource) {
        if (dataSource instanceof TransactionAwareDataSourceProxy proxy && proxy.getTargetDataSource() != null) {
            return proxy.getTargetDataSource();
        }
        return dataSource;
    }

    /** Only touched where spring-orm is present. */
    private static final class Jpa {

        static @Nullable DataSource dataSourceOf(PlatformTransactionManager manager) {
            return manager instanceof JpaTransactionManager jpa ? jpa.getDataSource() : null;
        }
    }
}
