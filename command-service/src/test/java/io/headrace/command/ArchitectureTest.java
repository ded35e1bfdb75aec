package io.headrace.command;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaConstructorCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  /** Whatever has a clock or a die behind it, in whichever form it is asked. */
  private static final DescribedPredicate<JavaAccess<?>> A_CLOCK_OR_CHANCE =
      DescribedPredicate.describe(
          "a clock or chance",
          access -> {
            String owner = access.getTargetOwner().getName();
            String name = access.getTarget().getName();
            return owner.startsWith("java.time.") && name.equals("now")
                || owner.equals("java.time.Clock")
                || owner.equals("java.lang.System")
                    && Set.of("currentTimeMillis", "nanoTime").contains(name)
                || owner.equals("java.util.Date") && access instanceof JavaConstructorCall
                || owner.equals("java.util.Calendar")
                || owner.equals("java.util.UUID") && name.equals("randomUUID")
                || owner.equals("java.lang.Math") && name.equals("random")
                || owner.equals("java.util.Collections") && name.equals("shuffle")
                || owner.equals("java.util.Random")
                || owner.equals("java.util.SplittableRandom")
                || owner.startsWith("java.util.random.")
                || owner.equals("java.util.concurrent.ThreadLocalRandom")
                || owner.equals("java.security.SecureRandom");
          });

  /** Deciders, and whatever they may call: all of a context, its process managers too. */
  private static ArchRule noClockAndNoChance(String packages) {
    return noClasses()
        .that()
        .resideInAPackage(packages)
        .should()
        .accessTargetWhere(A_CLOCK_OR_CHANCE)
        .orShould()
        .dependOnClassesThat()
        .haveFullyQualifiedName("java.time.Clock");
  }

  @ArchTest
  static final ArchRule CONTEXTS_HAVE_NO_CLOCK_AND_NO_CHANCE =
      noClockAndNoChance("io.headrace.command.contexts..");

  /** What comes in and goes out is the platform's affair. */
  @ArchTest
  static final ArchRule CONTEXTS_KNOW_NO_WEB_AND_NO_WAY_OUT =
      noClasses()
          .that()
          .resideInAPackage("io.headrace.command.contexts..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "jakarta.ws.rs..",
              "org.jboss.resteasy..",
              "io.vertx..",
              "io.smallrye.mutiny..",
              "java.net..",
              "java.nio..",
              "java.util.concurrent..");

  @ParameterizedTest
  @ValueSource(
      classes = {
        Impure.Today.class,
        Impure.OfAClock.class,
        Impure.Milliseconds.class,
        Impure.Nanoseconds.class,
        Impure.OldDate.class,
        Impure.MathRandom.class,
        Impure.OfThisThread.class,
        Impure.AnyGenerator.class,
        Impure.RandomId.class,
        Impure.ByReference.class
      })
  void a_clock_or_chance_would_be_found(Class<?> impure) {
    assertThat(
            noClockAndNoChance(impure.getPackageName() + "..")
                .evaluate(new ClassFileImporter().importClasses(impure))
                .hasViolation())
        .isTrue();
  }

  /** What a decider must not do. */
  private interface Impure {

    record Today() {
      Object decide() {
        return java.time.LocalDate.now(java.time.ZoneOffset.UTC);
      }
    }

    record OfAClock(java.time.Clock clock) {
      Object decide() {
        return clock.instant();
      }
    }

    record Milliseconds() {
      long decide() {
        return System.currentTimeMillis();
      }
    }

    record Nanoseconds() {
      long decide() {
        return System.nanoTime();
      }
    }

    record OldDate() {
      Object decide() {
        return new java.util.Date();
      }
    }

    record MathRandom() {
      double decide() {
        return Math.random();
      }
    }

    record OfThisThread() {
      int decide() {
        return java.util.concurrent.ThreadLocalRandom.current().nextInt();
      }
    }

    record AnyGenerator() {
      int decide() {
        return java.util.random.RandomGenerator.getDefault().nextInt();
      }
    }

    record RandomId() {
      Object decide() {
        return java.util.UUID.randomUUID();
      }
    }

    record ByReference() {
      java.util.function.Supplier<java.time.Instant> decide() {
        return java.time.Instant::now;
      }
    }
  }
}
