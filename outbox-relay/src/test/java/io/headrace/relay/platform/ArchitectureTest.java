package io.headrace.relay.platform;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(
    packages = "io.headrace.relay",
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

  @ArchTest
  static final ArchRule THE_RELAY_IS_MECHANISM_ONLY =
      classes().should().resideInAPackage("io.headrace.relay.platform..");

  @ArchTest
  static final ArchRule THE_RELAY_KNOWS_NO_CONTEXT =
      noClasses().should().dependOnClassesThat().resideInAPackage("..contexts..");

  @ArchTest
  static final ArchRule ONLY_THE_SOURCE_KNOWS_DEBEZIUM =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.headrace.relay.platform.source..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.debezium..");

  @ArchTest
  static final ArchRule POSITIONS_KNOW_NEITHER_KAFKA_NOR_POSTGRESQL =
      noClasses()
          .that()
          .resideInAPackage("io.headrace.relay.platform.position..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.kafka..", "org.postgresql..", "java.sql..");
}
