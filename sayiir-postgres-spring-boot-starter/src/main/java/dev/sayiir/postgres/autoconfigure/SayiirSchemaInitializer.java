package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.SchemaMigrator;
import org.springframework.beans.factory.InitializingBean;

/**
 * Sets up or checks the schema when the application starts: after the application's own Flyway, Liquibase or scripts, and
 * before anything that uses the database. Define a bean of this type to do it in another way.
 */
public final class SayiirSchemaInitializer implements InitializingBean {

    private final SchemaMigrator migrator;
    private final MigrationMode mode;

    /**
     * @param migrator knows database and schema
     * @param mode what to do about the schema
     */
    public SayiirSchemaInitializer(SchemaMigrator migrator, MigrationMode mode) {
        this.migrator = migrator;
        this.mode = mode;
    }

    @Override
    public void afterPropertiesSet() {
        migrator.run(mode);
    }
}
