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
 * Starts the stores, and of the application nothing else than its database: DataSource, transactions, {@code JdbcTemplate},
 * Flyway or Liquibase. The database is the configured one, or a container marked with {@code @ServiceConnection}; in memory,
 * there is none.
 *
 * <pre>{@code
 * @SayiirPostgresTest
 * @Import(OrderService.class)
 * class OrderServiceTest {
 *
 *     @Container
 *     @ServiceConnection
 *     static PostgreSQLContainer database = new PostgreSQLContainer("postgres:17");
 *
 *     @Autowired
 *     SnapshotStore workflows;
 * }
 * }</pre>
 *
 * <p>What a test saves is committed, since workers and claims would see nothing of it otherwise. Add {@code @Transactional}
 * to a test that is to leave nothing behind, or give each test instance ids of its own.
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
