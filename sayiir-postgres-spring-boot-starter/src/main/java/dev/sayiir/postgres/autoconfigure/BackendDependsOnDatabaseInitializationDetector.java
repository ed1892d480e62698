package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.PostgresBackend;
import java.util.Set;
import org.springframework.boot.sql.init.dependency.AbstractBeansOfTypeDependsOnDatabaseInitializationDetector;

/** A backend that the application defines waits for its Flyway, Liquibase or scripts as the auto-configured one does. */
final class BackendDependsOnDatabaseInitializationDetector
        extends AbstractBeansOfTypeDependsOnDatabaseInitializationDetector {

    @Override
    protected Set<Class<?>> getDependsOnDatabaseInitializationBeanTypes() {
        return Set.of(PostgresBackend.class);
    }
}
