package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.annotation.Transactional;

/** R7: a business update and a checkpoint commit together or not at all. */
class TransactionsTest extends StarterTest {

    @Test
    void R7_an_insert_and_a_checkpoint_are_one_transaction() {
        onApplicationDatabase().withBean(Orders.class).run(context -> {
            assertThat(context)
                    .getBean(PlatformTransactionManager.class)
                    .isInstanceOf(DataSourceTransactionManager.class);
            commitAndRollBack(context);
        });
    }

    @Test
    void R7_an_insert_and_a_checkpoint_are_one_transaction_of_jpa() {
        onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                .withBean(Orders.class)
                .run(context -> {
                    assertThat(context)
                            .getBean(PlatformTransactionManager.class)
                            .isInstanceOf(JpaTransactionManager.class);
                    commitAndRollBack(context);
                });
    }

    @Test
    void R7_the_manager_of_another_database_is_left_alone() {
        try (Database other = PostgresServer.of(17).newDatabase()) {
            onOwnDatabase()
                    .withPropertyValues(settings("spring.datasource", other))
                    .withBean(Orders.class)
                    .run(context -> {
                        Orders orders = context.getBean(Orders.class);
                        orders.createTable();

                        assertThatThrownBy(() -> orders.placeAndReplace("order-1", true))
                                .hasMessage("no stock");

                        // Two databases, two transactions: docs/configuration.md says so.
                        assertThat(orders.count()).isZero();
                        assertThat(context.getBean(SnapshotStore.class).findSnapshot("order-1"))
                                .isPresent();
                    });
        }
    }

    /** Its DataSource cannot be told, so nothing but the mark says that it is the one. */
    @Test
    void R7_the_marked_manager_is_the_one() {
        onApplicationDatabase()
                .withUserConfiguration(Marked.class)
                .withBean(Orders.class)
                .run(context -> {
                    Opaque manager = context.getBean(Opaque.class);
                    commitAndRollBack(context);
                    assertThat(manager.ofTheStores).isPositive();
                });
    }

    @Test
    void two_marked_managers_are_refused() {
        onApplicationDatabase()
                .withUserConfiguration(TwoMarked.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("Several transaction managers are marked")
                        .hasMessageContaining("@SayiirTransactionManager"));
    }

    private static void commitAndRollBack(AssertableApplicationContext context) {
        Orders orders = context.getBean(Orders.class);
        SnapshotStore store = context.getBean(SnapshotStore.class);
        orders.createTable();

        assertThatThrownBy(() -> orders.place("order-1", true)).hasMessage("no stock");
        assertThat(orders.count()).isZero();
        assertThat(store.findSnapshot("order-1")).isEmpty();

        assertThatThrownBy(() -> orders.placeAndReplace("order-1", true)).hasMessage("no stock");
        assertThat(orders.count()).isZero();
        assertThat(store.findSnapshot("order-1")).isEmpty();

        orders.place("order-1", false);
        orders.placeAndReplace("order-2", false);
        assertThat(orders.count()).isEqualTo(2);
        assertThat(store.listSnapshots()).containsExactly("order-1", "order-2");
        assertThat(store.loadSnapshot("order-2").version()).isEqualTo(3);
    }

    @Configuration(proxyBeanMethods = false)
    static class Marked {

        @Bean
        @Primary
        @SayiirTransactionManager
        Opaque transactions(DataSource dataSource) {
            return new Opaque(dataSource);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoMarked {

        @Bean
        @SayiirTransactionManager
        Opaque first(DataSource dataSource) {
            return new Opaque(dataSource);
        }

        @Bean
        @SayiirTransactionManager
        Opaque second(DataSource dataSource) {
            return new Opaque(dataSource);
        }
    }

    /** A manager of a kind that is not known, as one of several resources would be. */
    static final class Opaque implements PlatformTransactionManager {

        private final PlatformTransactionManager manager;
        private int ofTheStores;

        Opaque(DataSource dataSource) {
            this.manager = new DataSourceTransactionManager(dataSource);
        }

        @Override
        public TransactionStatus getTransaction(@Nullable TransactionDefinition definition) {
            TransactionStatus status = manager.getTransaction(definition);
            if (!status.isNewTransaction()) {
                ofTheStores++;
            }
            return status;
        }

        @Override
        public void commit(TransactionStatus status) {
            manager.commit(status);
        }

        @Override
        public void rollback(TransactionStatus status) {
            manager.rollback(status);
        }
    }

    static class Orders {

        private final JdbcTemplate jdbc;
        private final SnapshotStore store;

        Orders(JdbcTemplate jdbc, SnapshotStore store) {
            this.jdbc = jdbc;
            this.store = store;
        }

        void createTable() {
            jdbc.execute("CREATE TABLE orders (id text PRIMARY KEY)");
        }

        @Transactional
        public void place(String id, boolean outOfStock) {
            jdbc.update("INSERT INTO orders VALUES (?)", id);
            store.createSnapshot(order(id));
            requireStock(outOfStock);
        }

        /** The second save replaces what is stored whatever that is, which takes the store several statements. */
        @Transactional
        public void placeAndReplace(String id, boolean outOfStock) {
            jdbc.update("INSERT INTO orders VALUES (?)", id);
            WorkflowSnapshot order = store.createSnapshot(order(id));
            store.saveSnapshot(order.completeTask("reserve", Payload.empty()));
            store.saveSnapshot(order(id).moveTo(new ExecutionPosition.AtTask("reserve")));
            requireStock(outOfStock);
        }

        int count() {
            return jdbc.queryForObject("SELECT count(*) FROM orders", Integer.class);
        }

        private static void requireStock(boolean outOfStock) {
            if (outOfStock) {
                throw new IllegalStateException("no stock");
            }
        }
    }
}
