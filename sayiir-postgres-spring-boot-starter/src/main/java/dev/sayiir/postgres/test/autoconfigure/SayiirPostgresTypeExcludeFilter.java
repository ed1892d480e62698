package dev.sayiir.postgres.test.autoconfigure;

import org.springframework.boot.test.context.filter.annotation.StandardAnnotationCustomizableTypeExcludeFilter;

/** Leaves out the components of the application. */
final class SayiirPostgresTypeExcludeFilter
        extends StandardAnnotationCustomizableTypeExcludeFilter<SayiirPostgresTest> {

    SayiirPostgresTypeExcludeFilter(Class<?> testClass) {
        super(testClass);
    }
}
