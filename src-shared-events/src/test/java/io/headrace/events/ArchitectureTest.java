package io.headrace.events;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.headrace.events",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule the_mechanism_knows_no_context =
      noClasses()
          .that()
          .resideInAPackage("io.headrace.events.platform..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.headrace.events.contexts..");

  @ArchTest
  static final ArchRule contexts_do_not_know_each_other =
      slices().matching("io.headrace.events.contexts.(*)..").should().notDependOnEachOther();

  @ArchTest
  static final ArchRule there_are_two_roots_and_nothing_else =
      classes()
          .should()
          .resideInAnyPackage("io.headrace.events.platform..", "io.headrace.events.contexts..");
}
