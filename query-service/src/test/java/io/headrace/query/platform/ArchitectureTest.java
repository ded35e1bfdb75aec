package io.headrace.query.platform;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.headrace.query")
class ArchitectureTest {

  @ArchTest
  static final ArchRule the_platform_knows_no_context =
      noClasses()
          .that()
          .resideInAPackage("..query.platform..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("..query.contexts..");

  @ArchTest
  static final ArchRule contexts_do_not_know_each_other =
      slices().matching("io.headrace.query.contexts.(*)..").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule there_is_nothing_but_the_platform_and_contexts =
      classes()
          .should()
          .resideInAnyPackage(
              "io.headrace.query.platform..",
              "io.headrace.query.contexts.*..",
              "io.headrace.query.testing");

  @ArchTest
  static final ArchRule the_parts_of_the_platform_have_no_cycles =
      slices().matching("io.headrace.query.platform.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule money_is_never_a_floating_point_number =
      noClasses()
          .that()
          .resideInAPackage("..contexts..")
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Double.class, Float.class);
}
