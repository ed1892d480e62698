package dev.sayiir;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.sayiir.postgres.UnknownOutcomeException;
import dev.sayiir.workflow.SayiirException;
import java.util.List;
import org.jspecify.annotations.NullMarked;

/** Who may know whom. */
@AnalyzeClasses(packages = "dev.sayiir", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String MEMORY = "dev.sayiir.persistence.memory";

    @ArchTest
    static final ArchRule dependencies_point_downwards_only = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("workflow")
            .definedBy("dev.sayiir.workflow")
            .layer("codec")
            .definedBy("dev.sayiir.codec")
            .layer("persistence")
            .definedBy("dev.sayiir.persistence")
            .layer("event")
            .definedBy("dev.sayiir.event")
            .optionalLayer("memory")
            .definedBy(MEMORY)
            .optionalLayer("postgres")
            .definedBy("dev.sayiir.postgres..")
            .optionalLayer("worker")
            .definedBy("dev.sayiir.worker..")
            .whereLayer("workflow")
            .mayNotAccessAnyLayer()
            .whereLayer("codec")
            .mayOnlyAccessLayers("workflow")
            .whereLayer("persistence")
            .mayOnlyAccessLayers("workflow", "codec")
            .whereLayer("event")
            .mayOnlyAccessLayers("workflow", "persistence")
            .whereLayer("memory")
            .mayOnlyAccessLayers("workflow", "codec", "persistence", "event")
            .whereLayer("postgres")
            .mayOnlyAccessLayers("workflow", "codec", "persistence", "event")
            .whereLayer("worker")
            .mayOnlyAccessLayers("workflow", "codec", "persistence");

    @ArchTest
    static final ArchRule every_class_is_in_a_layer = classes()
            .should()
            .resideInAnyPackage(
                    "dev.sayiir.workflow",
                    "dev.sayiir.codec",
                    "dev.sayiir.persistence",
                    "dev.sayiir.event",
                    MEMORY,
                    "dev.sayiir.postgres..",
                    "dev.sayiir.worker..");

    @ArchTest
    static final ArchRule packages_do_not_depend_on_each_other_in_circles =
            slices().matching("dev.sayiir.(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule the_model_and_the_contract_know_no_library = noClasses()
            .that()
            .resideInAnyPackage("dev.sayiir.workflow", "dev.sayiir.persistence", "dev.sayiir.event", MEMORY)
            .should()
            .dependOnClassesThat(resideOutsideOfPackages("dev.sayiir..", "java..", "org.jspecify.."));

    @ArchTest
    static final ArchRule the_worker_knows_no_database = noClasses()
            .that()
            .resideInAPackage("dev.sayiir.worker..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql..", "javax.sql..", "org.springframework.jdbc..", "org.postgresql..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule statements_and_rows_stay_inside_the_postgres_package = classes()
            .that()
            .resideInAPackage("dev.sayiir.postgres..")
            .and()
            .haveNameMatching(".*(Repository|Loader|Saver|Rows|Sql)")
            .should()
            .notBePublic();

    /** Failures of the database are Spring's; one of them needs a type by which it is told from the others. */
    @ArchTest
    static final ArchRule what_the_library_throws_has_one_root = classes()
            .that()
            .areAssignableTo(RuntimeException.class)
            .and()
            .areNotAssignableTo(UnknownOutcomeException.class)
            .should()
            .beAssignableTo(SayiirException.class)
            .orShould()
            .notBePublic();

    @ArchTest
    static void every_package_says_what_lives_there_and_is_null_marked(JavaClasses classes) {
        List<JavaPackage> packages =
                classes.stream().map(JavaClass::getPackage).distinct().toList();

        assertThat(packages).isNotEmpty().allSatisfy(aPackage -> {
            assertThat(aPackage.tryGetPackageInfo())
                    .as("package-info of " + aPackage.getName())
                    .isPresent();
            assertThat(aPackage.isAnnotatedWith(NullMarked.class)).isTrue();
        });
    }
}
