package dev.sayiir.postgres.test.autoconfigure;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.test.autoconfigure.OverrideAutoConfiguration;
import org.springframework.boot.test.context.filter.annotation.TypeExcludeFilters;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.core.annotation.AliasFor;
import org.springframework.test.context.BootstrapWith;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * Starts the stores, {@code Workflows}, the worker, and of the application nothing else than its database: DataSource,
 * transactions, {@code JdbcTemplate}, Flyway or Liquibase, and entities and repositories if it uses JPA. The database is the
 * configured one, or a container marked with {@code @ServiceConnection}; in memory, there is none. Import the workflows that
 * are tested, and the classes with their tasks.
 *
 * <pre>{@code
 * @SayiirPostgresTest
 * @Import(Fulfilment.class)
 * class FulfilmentTest {
 *
 *     @Container
 *     @ServiceConnection
 *     static PostgreSQLContainer database = new PostgreSQLContainer("postgres:17");
 *
 *     @Autowired
 *     Workflows workflows;
 *
 *     @Autowired
 *     WorkflowDriver driver;
 *
 *     @Test
 *     void orders_are_shipped() {
 *         workflows.start(Fulfilment.WORKFLOW, "order-1", new Order("tea", 2));
 *         driver.runUntilIdle();
 *         assertThat(driver.instance("order-1")).isCompleted();
 *     }
 * }
 * }</pre>
 *
 * <p>The worker does nothing by itself: the test runs it with its {@link dev.sayiir.postgres.test.WorkflowDriver}, lets time
 * pass with its {@link dev.sayiir.postgres.test.WorkflowClock}, and lets tasks fail with its {@link
 * dev.sayiir.postgres.test.WorkflowFaults}.
 *
 * <p>What a test saves is committed, since the worker would see nothing of it otherwise. Give each test instance ids of its
 * own. A test that runs no worker can be {@code @Transactional}, to leave nothing behind.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@BootstrapWith(SayiirPostgresTestContextBootstrapper.class)
@ExtendWith(SpringExtension.class)
@OverrideAutoConfiguration(enabled = false)
@TypeExcludeFilters(SayiirPostgresTypeExcludeFilter.class)
@AutoConfigureSayiirPostgres
@ImportAutoConfiguration
public @interface SayiirPostgresTest {

    /** @return whether the stores are on an {@code InMemoryBackend}: faster, with no database and no transactions */
    boolean inMemory() default false;

    /** @return properties in the form {@code key=value}, to be set before the application starts */
    String[] properties() default {};

    /** @return whether components of the application are left out, unless a filter includes them */
    boolean useDefaultFilters() default true;

    /** @return filters that add components of the application */
    Filter[] includeFilters() default {};

    /** @return filters that leave out components of the application */
    Filter[] excludeFilters() default {};

    /** @return auto-configurations to leave out */
    @AliasFor(annotation = ImportAutoConfiguration.class, attribute = "exclude")
    Class<?>[] excludeAutoConfiguration() default {};
}
