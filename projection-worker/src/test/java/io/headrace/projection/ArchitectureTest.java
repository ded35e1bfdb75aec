package io.headrace.projection;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.headrace.projection",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule there_are_two_roots =
      classes()
          .should()
          .resideInAnyPackage(
              "io.headrace.projection.platform..", "io.headrace.projection.contexts..");

  @ArchTest
  static final ArchRule the_platform_knows_no_context =
      noClasses()
          .that()
          .resideInAPackage("io.headrace.projection.platform..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("..contexts..");

  @ArchTest
  static final ArchRule contexts_do_not_know_each_other =
      slices().matching("io.headrace.projection.contexts.(*)..").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule contexts_see_of_the_platform_only_what_a_view_declares =
      noClasses()
          .that()
          .resideInAPackage("io.headrace.projection.contexts..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.headrace.projection.platform.engine..");
}
