package dev.sayiir.postgres.autoconfigure;

import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.NoUniqueBeanDefinitionException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.util.ClassUtils;

/**
 * Finds the transaction manager of a DataSource: the marked one, else the one that manages it. It has to be that one: any
 * other would commit behind the back of the transactions in which the application uses the DataSource.
 */
final class TransactionManagers {

    private static final boolean JPA_PRESENT = ClassUtils.isPresent(
            "org.springframework.orm.jpa.JpaTransactionManager", TransactionManagers.class.getClassLoader());

    private TransactionManagers() {}

    static Optional<PlatformTransactionManager> managing(
            DataSource dataSource,
            ObjectProvider<PlatformTransactionManager> marked,
            ObjectProvider<PlatformTransactionManager> all) {
        PlatformTransactionManager chosen = single(marked);
        if (chosen != null) {
            return Optional.of(chosen);
        }
        // What any manager would make of it: they look through Spring's own proxy.
        DataSource target = new DataSourceTransactionManager(dataSource).getDataSource();
        return all.orderedStream()
                .filter(manager -> dataSourceOf(manager) == target)
                .findFirst();
    }

    private static @Nullable PlatformTransactionManager single(ObjectProvider<PlatformTransactionManager> marked) {
        try {
            return marked.getIfAvailable();
        } catch (NoUniqueBeanDefinitionException e) {
            throw new DataSourceSetupException(
                    "Several transaction managers are marked with @SayiirTransactionManager.",
                    "Leave the mark on the one that manages the DataSource in which workflows are kept.");
        }
    }

    private static @Nullable DataSource dataSourceOf(PlatformTransactionManager manager) {
        if (manager instanceof DataSourceTransactionManager jdbc) {
            return jdbc.getDataSource();
        }
        return JPA_PRESENT ? Jpa.dataSourceOf(manager) : null;
    }

    /** Only touched where spring-orm is present. */
    private static final class Jpa {

        static @Nullable DataSource dataSourceOf(PlatformTransactionManager manager) {
            return manager instanceof JpaTransactionManager jpa ? jpa.getDataSource() : null;
        }
    }
}
