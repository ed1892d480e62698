package dev.sayiir;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.properties.CanBeAnnotated;
import com.tngtech.archunit.core.domain.properties.HasAnnotations;
import com.tngtech.archunit.core.importer.ImportOption.OnlyIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.Assumptions;

/** A test that does not run says why, so that nothing is left out in silence. */
@AnalyzeClasses(packages = "dev.sayiir", importOptions = OnlyIncludeTests.class)
class SkippedTestsTest {

    private static final String CONDITIONS = "org.junit.jupiter.api.condition";

    @ArchTest
    static final ArchRule an_assumption_has_a_message = noClasses()
            .should()
            .callMethod(Assumptions.class, "assumeTrue", boolean.class)
            .orShould()
            .callMethod(Assumptions.class, "assumeTrue", BooleanSupplier.class)
            .orShould()
            .callMethod(Assumptions.class, "assumeFalse", boolean.class)
            .orShould()
            .callMethod(Assumptions.class, "assumeFalse", BooleanSupplier.class)
            .orShould()
            .callMethod(Assumptions.class, "abort")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("org.assertj.core.api.Assumptions")
            .because("what is skipped says what it takes to run it");

    @ArchTest
    static final ArchRule a_condition_on_a_class_has_a_reason = classes()
            .that(are(SkippedTestsTest::isConditional))
            .should(sayWhy())
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule a_condition_on_a_test_has_a_reason = methods()
            .that(are(SkippedTestsTest::isConditional))
            .should(sayWhy())
            .allowEmptyShould(true);

    private static boolean isConditional(JavaAnnotation<?> annotation) {
        return annotation.getRawType().getPackageName().equals(CONDITIONS)
                || annotation.getRawType().getSimpleName().equals("Disabled");
    }

    private static DescribedPredicate<CanBeAnnotated> are(Predicate<JavaAnnotation<?>> which) {
        return CanBeAnnotated.Predicates.annotatedWith(
                DescribedPredicate.describe("a condition of JUnit", annotation -> which.test(annotation)));
    }

    private static <T extends HasAnnotations<?>> ArchCondition<T> sayWhy() {
        return new ArchCondition<>("say why") {
            @Override
            public void check(T item, ConditionEvents events) {
                item.getAnnotations().stream()
                        .filter(SkippedTestsTest::isConditional)
                        .filter(annotation -> !hasReason(annotation))
                        .forEach(annotation -> events.add(SimpleConditionEvent.violated(
                                item,
                                item.getDescription() + " has " + annotation.getDescription() + " without a reason")));
            }
        };
    }

    private static boolean hasReason(JavaAnnotation<?> annotation) {
        return annotation.getProperties().entrySet().stream()
                .anyMatch(property -> (property.getKey().equals("disabledReason")
                                || property.getKey().equals("value")
                                        && annotation
                                                .getRawType()
                                                .getSimpleName()
                                                .equals("Disabled"))
                        && !property.getValue().toString().isEmpty());
    }
}
