package dev.sayiir.postgres.test.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.autoconfigure.TestSliceTestContextBootstrapper;
import org.springframework.test.context.TestContextAnnotationUtils;

/**
 * A worker that the test drives finds what is due at once, and has nothing to wait for when it stops. For stores in memory
 * there is no DataSource: one that leads nowhere would keep the test from starting.
 */
final class SayiirPostgresTestContextBootstrapper extends TestSliceTestContextBootstrapper<SayiirPostgresTest> {

    private static final List<String> DRIVEN =
            List.of("sayiir.postgres.worker.poll-interval=10ms", "sayiir.postgres.worker.shutdown-timeout=0s");

    private static final List<String> IN_MEMORY = List.of(
            InMemoryTestAutoConfiguration.PROPERTY + "=true",
            "spring.autoconfigure.exclude=" + DataSourceAutoConfiguration.class.getName());

    @Override
    protected String @Nullable [] getProperties(Class<?> testClass) {
        SayiirPostgresTest test = TestContextAnnotationUtils.findMergedAnnotation(testClass, SayiirPostgresTest.class);
        List<String> properties = new ArrayList<>(DRIVEN);
        if (test != null && test.inMemory()) {
            properties.addAll(IN_MEMORY);
        }
        String[] own = super.getProperties(testClass);
        if (own != null) {
            properties.addAll(List.of(own));
        }
        return properties.toArray(String[]::new);
    }
}
