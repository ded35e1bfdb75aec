package io.headrace.command;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The context that only tests have is held to the same as the others. */
@AnalyzeClasses(
    packages = "io.headrace.command",
    importOptions = ImportOption.DoNotIncludeJars.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule THERE_IS_THE_MECHANISM_AND_THERE_ARE_CONTEXTS =
      classes()
          .that()
          .resideOutsideOfPackage("io.headrace.command")
          .should()
          .resideInAnyPackage("io.headrace.command.platform..", "io.headrace.command.contexts.*..");

  /** A test may hand a context to the platform; what the platform itself is made of may not. */
  private static final DescribedPredicate<JavaClass> IS_NO_TEST =
      DescribedPredicate.describe("are no tests", type -> !type.getName().contains("Test"));

  @ArchTest
  static final ArchRule THE_PLATFORM_KNOWS_NO_CONTEXT =
      noClasses()
          .that()
          .resideInAPackage("..command.platform..")
          .and(IS_NO_TEST)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.headrace.command.contexts..");

  @ArchTest
  static final ArchRule CONTEXTS_DO_NOT_KNOW_EACH_OTHER =
      slices().matching("io.headrace.command.contexts.(*)..").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule CONTEXTS_KNOW_OF_THE_PLATFORM_ONLY_WHAT_IT_OFFERS_THEM =
      noClasses()
          .that()
          .resideInAPackage("io.headrace.command.contexts..")
          .should()
          .dependOnClassesThat(
              DescribedPredicate.describe(
                  "are of the platform, but not of its spi",
                  type ->
                      type.getPackageName().startsWith("io.headrace.command.platform.")
                          && !type.getPackageName().equals("io.headrace.command.platform.spi")));

  @ArchTest
  static final ArchRule ONLY_WHAT_STORES_SOMETHING_SPEAKS_SQL =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "..platform.log..",
              "..platform.idempotency..",
              "..platform.process..",
              "..platform.history..",
              "io.headrace.command.platform") // tests that look into the tables
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.vertx.sqlclient..", "io.vertx.pgclient..", "java.sql..");

  @ArchTest
  static final ArchRule THE_LOG_KNOWS_NO_COMMAND =
      noClasses()
          .that()
          .resideInAPackage("..platform.log..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..platform.dispatch..", "..platform.http..", "..platform.process..");

  @ArchTest
  static final ArchRule DECIDERS_HAVE_NO_CLOCK_AND_NO_CHANCE =
      noClasses()
          .that()
          .resideInAPackage("io.headrace.command.contexts..")
          .and()
          .haveSimpleNameEndingWith("Decider")
          .should()
          .callMethod(java.time.Instant.class, "now")
          .orShould()
          .callMethod(java.util.UUID.class, "randomUUID")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.Random");
}
