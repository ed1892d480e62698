package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.codec.SnapshotCodec;
import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.event.InstanceEvent;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.PostgresBackendBuilder;
import dev.sayiir.postgres.SchemaMigrator;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DatabaseInitializationDependencyConfigurer;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of the {@link PostgresBackend}: one bean, injectable as each of the
 * stores. A {@link SayiirSchemaInitializer} sets up or checks the schema first.
 *
 * <p>An application that defines a {@link SnapshotStore} of any kind gets none: two stores would be ambiguous, and a
 * workflow saved in one would be missing in the other.
 */
@AutoConfiguration(
        after = {
            DataSourceAutoConfiguration.class,
            DataSourceTransactionManagerAutoConfiguration.class,
            TransactionAutoConfiguration.class
        },
        afterName = {
            "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration",
            "org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "sayiir.postgres.enabled", matchIfMissing = true)
@ConditionalOnMissingBean(SnapshotStore.class)
@EnableConfigurationProperties({SayiirPostgresProperties.class, SayiirNotifyProperties.class})
@Import(DatabaseInitializationDependencyConfigurer.class)
public final class SayiirPostgresAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    SnapshotCodecs sayiirSnapshotCodecs(SayiirPostgresProperties properties, ObjectProvider<SnapshotCodec> codecs) {
        return CodecSelection.select(properties.codec(), properties.blob().maxSize(), codecs.orderedStream());
    }

    @Bean
    @ConditionalOnMissingBean
    SayiirSchemaInitializer sayiirSchemaInitializer(
            SayiirPostgresProperties properties,
            @Qualifier(OwnPoolConfiguration.BEAN_NAME) ObjectProvider<DataSource> ownPool,
            @SayiirDataSource ObjectProvider<DataSource> markedDataSource,
            ObjectProvider<DataSource> applicationDataSource) {
        DataSource dataSource = DataSourceChoice.of(properties, ownPool, markedDataSource, applicationDataSource);
        SayiirPostgresProperties.Migration migration = properties.migration();
        // Only to migrate it needs more rights; what the stores will see is what is to be checked.
        DataSource migrating =
                migration.mode() == MigrationMode.MIGRATE ? MigrationDataSource.of(migration, dataSource) : dataSource;
        String historyTable = PropertyValues.checked(
                "sayiir.postgres.migration.history-table",
                migration.historyTable(),
                SchemaMigrator::requireHistoryTable);
        SchemaMigrator migrator = PropertyValues.checked(
                "sayiir.postgres.schema",
                properties.schema(),
                schema -> new SchemaMigrator(migrating, schema, historyTable));
        if (migrating != dataSource) {
            // Settings of a role or of the pool can differ; those of the stores count.
            new SchemaMigrator(dataSource, properties.schema()).requireSupportedServer();
        }
        return new SayiirSchemaInitializer(migrator, migration.mode());
    }

    @Bean
    PostgresBackend sayiirPostgresBackend(
            SayiirPostgresProperties properties,
            SayiirNotifyProperties notify,
            SnapshotCodecs codecs,
            @Qualifier(OwnPoolConfiguration.BEAN_NAME) ObjectProvider<DataSource> ownPool,
            @SayiirDataSource ObjectProvider<DataSource> markedDataSource,
            ObjectProvider<DataSource> applicationDataSource,
            @SayiirTransactionManager ObjectProvider<PlatformTransactionManager> sayiirTransactionManager,
            ObjectProvider<PlatformTransactionManager> transactionManagers,
            ObjectProvider<StoreObserver> observer,
            @Qualifier(SayiirEventsAutoConfiguration.BEAN_NAME) ObjectProvider<Consumer<InstanceEvent>> events,
            ObjectProvider<SayiirPostgresCustomizer> customizers) {
        DataSource dataSource = DataSourceChoice.of(properties, ownPool, markedDataSource, applicationDataSource);
        PostgresBackendBuilder backend = PostgresBackend.builder(dataSource).codecs(codecs);
        PropertyValues.checked("sayiir.postgres.schema", properties.schema(), backend::schema);
        if (properties.statementTimeout() != null) {
            PropertyValues.checked(
                    "sayiir.postgres.statement-timeout", properties.statementTimeout(), backend::statementTimeout);
        }
        PropertyValues.checked(
                "sayiir.postgres.payload.max-size",
                properties.payload().maxSize(),
                size -> backend.maxPayloadBytes((int) Math.min(size.toBytes(), Integer.MAX_VALUE)));
        NotifySettings.apply(notify, properties, dataSource, backend);
        TransactionManagers.managing(dataSource, sayiirTransactionManager, transactionManagers)
                .ifPresent(backend::transactionManager);
        observer.ifAvailable(backend::observer);
        events.ifAvailable(backend::eventListener);
        customizers.orderedStream().forEach(customizer -> customizer.customize(backend));
        return backend.migration(MigrationMode.NONE).build();
    }
}
