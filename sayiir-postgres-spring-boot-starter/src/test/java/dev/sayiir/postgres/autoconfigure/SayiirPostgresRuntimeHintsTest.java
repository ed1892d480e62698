package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.proxies;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.reflection;
import static org.springframework.aot.hint.predicate.RuntimeHintsPredicates.resource;

import com.zaxxer.hikari.HikariConfig;
import dev.sayiir.postgres.PostgresBackend;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.aot.generate.ClassNameGenerator;
import org.springframework.aot.generate.DefaultGenerationContext;
import org.springframework.aot.generate.InMemoryGeneratedFiles;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.aot.ApplicationContextAotGenerator;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;
import org.springframework.core.io.support.SpringFactoriesLoader;
import org.springframework.javapoet.ClassName;

class SayiirPostgresRuntimeHintsTest {

    private final RuntimeHints hints = new RuntimeHints();

    @BeforeEach
    void register() {
        SpringFactoriesLoader.forResourceLocation("META-INF/spring/aot.factories")
                .load(RuntimeHintsRegistrar.class)
                .forEach(registrar -> registrar.registerHints(hints, getClass().getClassLoader()));
    }

    @Test
    void every_resource_of_the_library_is_in_the_image() throws IOException {
        Resource[] resources =
                new PathMatchingResourcePatternResolver().getResources("classpath*:dev/sayiir/postgres/**/*.*");
        assertThat(Arrays.stream(resources)
                        .map(found -> found.toString().replaceAll(".*(dev/sayiir/.*)\\]", "$1"))
                        .filter(path -> !path.endsWith(".class") && !path.contains("/autoconfigure/")))
                .contains("dev/sayiir/postgres/schema-objects.txt", "dev/sayiir/postgres/migration/v1/tables.sql")
                .allSatisfy(path ->
                        assertThat(resource().forResource(path)).as(path).accepts(hints));
    }

    @Test
    void the_proxies_that_hide_the_url_can_be_made() {
        assertThat(proxies().forInterfaces(Connection.class)).accepts(hints);
        assertThat(proxies().forInterfaces(DatabaseMetaData.class)).accepts(hints);
    }

    @Test
    void the_settings_of_the_pool_can_be_copied() {
        for (Field field : HikariConfig.class.getDeclaredFields()) {
            if (!Modifier.isFinal(field.getModifiers())) {
                assertThat(reflection().onFieldAccess(field))
                        .as(field.getName())
                        .accepts(hints);
            }
        }
    }

    @Test
    void the_driver_can_make_its_socket_factory() throws Exception {
        assertThat(reflection().onConstructorInvocation(SslBundleSocketFactory.class.getConstructor(String.class)))
                .accepts(hints);
    }

    /** As the build of a native image does it: nothing connects, and everything is written out as code. */
    @ParameterizedTest
    @ValueSource(strings = {"spring.datasource.url", "sayiir.postgres.url"})
    void an_application_is_processed_ahead_of_time(String url) {
        DefaultGenerationContext generated = new DefaultGenerationContext(
                new ClassNameGenerator(ClassName.get(Application.class)), new InMemoryGeneratedFiles());
        try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
            context.getEnvironment().getSystemProperties().put(url, "jdbc:postgresql://localhost:1/none");
            context.register(Application.class);
            new ApplicationContextAotGenerator().processAheadOfTime(context, generated);
        } finally {
            System.clearProperty(url);
        }
        generated.writeGeneratedContent();

        RuntimeHints all = generated.getRuntimeHints();
        assertThat(reflection().onType(PostgresBackend.class)).accepts(all);
        for (Class<?> bound : new Class<?>[] {
            SayiirPostgresProperties.class,
            SayiirPostgresProperties.Migration.class,
            SayiirPostgresProperties.Blob.class
        }) {
            assertThat(reflection().onType(bound)).as(bound.getName()).accepts(all);
        }
        assertThat(reflection().onMethodInvocation(HikariConfig.class, "setMaximumPoolSize"))
                .accepts(all);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(
            excludeName = {
                "org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration",
                "org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration",
                "org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration",
                "org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration"
            })
    static class Application {}
}
