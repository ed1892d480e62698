package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.codec.SnapshotCodec;
import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.PostgresBackend;
import javax.sql.DataSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.PlatformTransactionManager;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of the {@link PostgresBackend}: one bean, injectable as each of the
 * stores. It sets up or checks the schema first.
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
        afterName = "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration")
@ConditionalOnBooleanProperty(name = "sayiir.postgres.enabled", matchIfMissing = true)
@ConditionalOnMissingBean(SnapshotStore.class)
@EnableConfigurationProperties(SayiirPostgresProperties.class)
public final class SayiirPostgresAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    SnapshotCodecs sayiirSnapshotCodecs(SayiirPostgresProperties properties, ObjectProvider<SnapshotCodec> codecs) {
        return CodecSelection.select(properties.codec(), codecs.orderedStream());
    }

    /** After the application's own Flyway or scripts, which may refuse a database that is not empty. */
    @Bean
    @DependsOnDatabaseInitialization
    PostgresBackend sayiirPostgresBackend(
            SayiirPostgresProperties properties,
            SnapshotCodecs codecs,
            @SayiirDataSource ObjectProvider<DataSource> sayiirDataSource,
            ObjectProvider<DataSource> applicationDataSource,
            ObjectProvider<PlatformTransactionManager> transactionManagers) {
        DataSource dataSource = sayiirDataSource.getIfAvailable(() -> single(applicationDataSource));
        PostgresBackend.Builder backend = PostgresBackend.builder(dataSource)
                .codecs(codecs)
                .migration(properties.migration().mode());
        setSchema(backend, properties.schema());
        TransactionManagers.managing(dataSource, transactionManagers.orderedStream())
                .ifPresent(backend::transactionManager);
        return backend.build();
    }

    private static void setSchema(PostgresBackend.Builder backend, String schema) {
        try {
            backend.schema(schema);
        } catch (IllegalArgumentException e) {
            throw new InvalidConfigurationPropertyValueException("sayiir.postgres.schema", schema, e.getMessage(), e);
        }
    }

    private static DataSource single(ObjectProvider<DataSource> dataSources) {
        DataSource single = dataSources.getIfUnique();
        if (single != null) {
            return single;
        }
        if (dataSources.stream().findAny().isEmpty()) {
            throw new DataSourceSetupException(
                    "There is no database to keep workflows in: sayiir.postgres.url is not set, and the application has"
                            + " no DataSource.",
                    DataSourceSetupFailureAnalyzer.ACTION);
        }
        throw new DataSourceSetupException(
                "There are several DataSources, and it is not clear in which of them workflows are to be kept.",
                "Mark one with @SayiirDataSource or @Primary, or set sayiir.postgres.url.");
    }
}
