package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.ValueTooLargeException;
import dev.sayiir.postgres.SchemaMigrator;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What each property does, and what it refuses. Those not here are in the tests of what they are about. */
class PropertiesTest extends StarterTest {

    @Test
    void driver_class_name_says_which_driver_the_own_pool_uses() {
        onOwnDatabase()
                .withPropertyValues("sayiir.postgres.driver-class-name=org.postgresql.Driver")
                .run(context -> {
                    assertThat(ownPool(context.getBean("sayiirDataSource")).getDriverClassName())
                            .isEqualTo("org.postgresql.Driver");
                    context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
                });
    }

    @Test
    void hikari_sets_up_the_own_pool() {
        onOwnDatabase()
                .withPropertyValues(
                        "sayiir.postgres.hikari.maximum-pool-size=7",
                        "sayiir.postgres.hikari.connection-timeout=4000",
                        "sayiir.postgres.hikari.pool-name=flows",
                        "sayiir.postgres.hikari.connection-init-sql=SET application_name = 'flows'",
                        "sayiir.postgres.hikari.data-source-properties.reWriteBatchedInserts=true",
                        "sayiir.postgres.hikari.jdbc-url=jdbc:postgresql://localhost:1/none",
                        "sayiir.postgres.hikari.username=nobody")
                .run(context -> {
                    HikariDataSource pool = ownPool(context.getBean("sayiirDataSource"));
                    assertThat(pool.getMaximumPoolSize()).isEqualTo(7);
                    assertThat(pool.getConnectionTimeout()).isEqualTo(4000);
                    assertThat(pool.getPoolName()).isEqualTo("flows");
                    assertThat(pool.getDataSourceProperties()).containsEntry("reWriteBatchedInserts", "true");
                    assertThat(pool.getJdbcUrl()).isEqualTo(database.url());
                    assertThat(pool.getUsername()).isEqualTo(database.username());
                    assertThat(new JdbcTemplate(pool).queryForObject("SHOW application_name", String.class))
                            .isEqualTo("flows");
                });
    }

    @Test
    void without_settings_the_own_pool_has_hikari_s() {
        onOwnDatabase()
                .run(context -> assertThat(
                                ownPool(context.getBean("sayiirDataSource")).getConnectionTimeout())
                        .isEqualTo(new HikariDataSource().getConnectionTimeout()));
    }

    @Test
    void blob_max_size_limits_what_is_written_and_read() {
        WorkflowSnapshot large = order("order-1").complete(Payload.utf8("x".repeat(3_000)));
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.blob.max-size=4KB")
                .run(context -> assertThatThrownBy(
                                () -> context.getBean(SnapshotStore.class).createSnapshot(large))
                        .isInstanceOf(SnapshotSerializationException.class)
                        .hasMessageContaining("the limit is 4096")
                        .hasMessageContaining("sayiir.postgres.blob.max-size"));
        onApplicationDatabase()
                .run(context -> context.getBean(SnapshotStore.class).createSnapshot(large));
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.blob.max-size=4KB")
                .run(context -> assertThatThrownBy(
                                () -> context.getBean(SnapshotStore.class).loadSnapshot("order-1"))
                        .isInstanceOf(SnapshotSerializationException.class)
                        .hasMessageContaining("the limit is 4096"));
    }

    @Test
    void payload_max_size_limits_what_is_written_and_not_what_is_read() {
        WorkflowSnapshot large = WorkflowSnapshot.start("order-1", "d", Payload.of(new byte[4_097]))
                .moveTo(new AtTask("reserve"));
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.payload.max-size=4KB")
                .run(context -> assertThatThrownBy(
                                () -> context.getBean(SnapshotStore.class).createSnapshot(large))
                        .isInstanceOf(ValueTooLargeException.class)
                        .hasMessageContaining("4097 bytes, and the limit is 4096")
                        .hasMessageContaining("sayiir.postgres.payload.max-size"));
        onApplicationDatabase()
                .run(context -> context.getBean(SnapshotStore.class).createSnapshot(large));
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.payload.max-size=4KB")
                .run(context -> {
                    SnapshotStore store = context.getBean(SnapshotStore.class);
                    WorkflowSnapshot stored = store.loadSnapshot("order-1");
                    store.saveSnapshot(stored.completeTask("reserve", Payload.utf8("shelf 7")));
                    assertThat(store.loadSnapshot("order-1").initialInput()).isEqualTo(large.initialInput());
                });
    }

    @Test
    void statement_timeout_ends_a_wait() {
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.statement-timeout=1s")
                .run(context -> {
                    SnapshotStore store = context.getBean(SnapshotStore.class);
                    WorkflowSnapshot order = store.createSnapshot(order("order-1"));
                    new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()))
                            .executeWithoutResult(transaction -> {
                                new JdbcTemplate(database.dataSource())
                                        .execute("SELECT FROM sayiir.sayiir_workflows FOR UPDATE");
                                CompletableFuture<Void> save = CompletableFuture.runAsync(
                                        () -> store.saveSnapshot(order.completeTask("reserve", Payload.empty())));
                                assertThatThrownBy(save::join).hasCauseInstanceOf(QueryTimeoutException.class);
                            });
                });
    }

    @Test
    void migration_history_table_names_the_table() {
        for (int start = 1; start <= 2; start++) {
            onApplicationDatabase()
                    .withPropertyValues("sayiir.postgres.migration.history-table=Flow History")
                    .run(context -> assertThat(context).hasNotFailed());
        }
        assertThat(hasTable(database.dataSource(), "sayiir", "Flow History")).isTrue();
        assertThat(hasTable(database.dataSource(), "sayiir", SchemaMigrator.HISTORY_TABLE))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "driver-class-name          | no.such.Driver    | leave it out to have it detected",
                "schema                     | pg_flows          | belongs to PostgreSQL itself",
                "codec                      | xml               | json, smile",
                "blob.max-size              | 4095B             | from 4KB to 2047MB",
                "blob.max-size              | 2048MB            | from 4KB to 2047MB",
                "payload.max-size           | 4095B             | 4096 to 268435456",
                "payload.max-size           | 257MB             | 4096 to 268435456",
                "payload.max-size           | 3GB               | 4096 to 268435456",
                "blob.max-size              | large             | is not a valid data size",
                "statement-timeout          | 900ms             | at least a second",
                "statement-timeout          | soon              | is not a valid duration",
                "migration.mode             | sometimes         | sometimes",
                "migration.history-table    | sayiir_workflows  | choose another name",
                "migration.url              | postgres://x      | jdbc:postgresql://host:port/database",
            })
    void a_value_that_cannot_be_is_refused_with_the_name_of_its_property(String name, String value, String says) {
        onOwnDatabase()
                .withPropertyValues("sayiir.postgres." + name + "=" + value)
                .run(context -> {
                    StringBuilder messages = new StringBuilder();
                    for (Throwable e = context.getStartupFailure(); e != null; e = e.getCause()) {
                        messages.append(e).append('\n');
                    }
                    assertThat(messages).contains("sayiir.postgres." + name, says);
                });
    }

    @Test
    void a_setting_of_the_pool_that_cannot_be_is_refused_with_the_name_of_its_property() {
        onOwnDatabase()
                .withPropertyValues("sayiir.postgres.hikari.maximum-pool-size=0")
                .run(context -> assertThat(context)
                        .getFailure()
                        .hasStackTraceContaining("'sayiir.postgres.hikari'")
                        .hasStackTraceContaining("property maximum-pool-size")
                        .hasStackTraceContaining("maxPoolSize cannot be less than 1"));
    }

    @Test
    void nothing_is_set_up_and_nothing_bound_when_it_is_switched_off() {
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SayiirDataSourceAutoConfiguration.class, SayiirPostgresAutoConfiguration.class))
                .withPropertyValues("sayiir.postgres.enabled=false", "sayiir.postgres.blob.max-size=large")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(SayiirPostgresProperties.class)
                        .doesNotHaveBean(SayiirSchemaInitializer.class)
                        .doesNotHaveBean(SayiirConnectionDetails.class));
    }

    private static HikariDataSource ownPool(Object bean) {
        return (HikariDataSource) bean;
    }
}
