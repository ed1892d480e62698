package dev.sayiir.postgres.test.autoconfigure;

import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.autoconfigure.TestSliceTestContextBootstrapper;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Starts no DataSource for stores in memory: one that leads nowhere would keep the test from starting. */
final class SayiirPostgresTestContextBootstrapper extends TestSliceTestContextBootstrapper<SayiirPostgresTest> {

    @Override
    protected String @Nullable [] getProperties(Class<?> testClass) {
        String[] properties = super.getProperties(testClass);
        SayiirPostgresTest test = TestContextAnnotationUtils.findMergedAnnotation(testClass, SayiirPostgresTest.class);
        if (properties == null || test == null || !test.inMemory()) {
            return properties;
        }
        return Stream.concat(
                        Stream.of(
                                InMemoryTestAutoConfiguration.PROPERTY + "=true",
                                "spring.autoconfigure.exclude=" + DataSourceAutoConfiguration.class.getName()),
                        Arrays.stream(properties))
                .toArray(String[]::new);
    }
}
