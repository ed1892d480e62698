package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.SchemaMigrator;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.worker.Workflows;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceTransactionManagerAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.transaction.autoconfigure.TransactionAutoConfiguration;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;

/** What the starter adds to the start of an application whose schema is up to date. */
class StartCostTest extends StarterTest {

    /** Can it be written to, is there a record of migrations, and what does it say. */
    private static final long STATEMENTS = 3;

    /** Spring Boot's support for the application's Flyway looks for beans of that type. */
    private static final Set<String> TYPE_OF_FLYWAY = Set.of("org.flywaydb.core.Flyway");

    /** The mapper's type, by which its bean is looked for, and what that extends. */
    private static final Set<String> TYPE_OF_MAPPER = Set.of(
            "tools.jackson.core.TreeCodec",
            "tools.jackson.core.Versioned",
            "tools.jackson.databind.ObjectMapper",
            "tools.jackson.databind.json.JsonMapper");

    @BeforeEach
    void migrate() {
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
    }

    @Test
    void it_sends_three_statements() {
        CountedStatements counts = new CountedStatements(database.dataSource());

        long sent = counts.during(() -> new Start().accept(counts.dataSource()));

        assertThat(sent).isEqualTo(STATEMENTS);
    }

    @Test
    void it_loads_no_flyway_and_makes_no_mapper() throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (Recording loader = new Recording()) {
            thread.setContextClassLoader(loader);
            loader.newStart().accept(database.dataSource());

            assertThat(loader.loaded).contains(Workflows.class.getName(), PostgresBackend.class.getName());
            assertThat(loader.loadedFrom("org.flywaydb.")).isSubsetOf(TYPE_OF_FLYWAY);
            // Of the exceptions that a class catches it is loaded what they are when the class is checked.
            assertThat(loader.loadedFrom("tools.jackson."))
                    .filteredOn(name -> !name.endsWith("Exception"))
                    .isSubsetOf(TYPE_OF_MAPPER);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Starts the application, and ends it. */
    public static final class Start implements Consumer<DataSource> {

        @Override
        public void accept(DataSource dataSource) {
            try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
                context.registerBean(DataSource.class, () -> dataSource);
                context.register(Application.class);
                context.refresh();
                assertThat(context.getBean(Workflows.class)).isNotNull();
            }
        }
    }

    @ImportAutoConfiguration({
        DataSourceTransactionManagerAutoConfiguration.class,
        JdbcTemplateAutoConfiguration.class,
        TransactionAutoConfiguration.class,
        SayiirPostgresAutoConfiguration.class,
        SayiirWorkerAutoConfiguration.class
    })
    static class Application {}

    /** The class path once more, to see what of it is loaded. */
    private static final class Recording extends URLClassLoader {

        final Set<String> loaded = ConcurrentHashMap.newKeySet();

        Recording() throws IOException {
            super(classPath(), ClassLoader.getPlatformClassLoader());
        }

        private static URL[] classPath() throws IOException {
            String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            List<URL> urls = new ArrayList<>();
            for (String entry : classPath.split(File.pathSeparator)) {
                urls.add(Path.of(entry).toUri().toURL());
            }
            return urls.toArray(new URL[0]);
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            Class<?> found = super.findClass(name);
            loaded.add(name);
            return found;
        }

        List<String> loadedFrom(String start) {
            return loaded.stream().filter(name -> name.startsWith(start)).toList();
        }

        /** Of a class of its own, which is known here only by what it implements. */
        @SuppressWarnings("unchecked")
        Consumer<DataSource> newStart() throws ReflectiveOperationException {
            return (Consumer<DataSource>)
                    loadClass(Start.class.getName()).getDeclaredConstructor().newInstance();
        }
    }
}
