package io.headrace.events.contexts;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventType;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class CompletenessTest {

  @ParameterizedTest
  @FieldSource("io.headrace.events.contexts.Contexts#ALL")
  void every_permitted_event_is_listed(ContextEvents<?> context) {
    assertThat(context.types().stream().<Class<?>>map(EventType::type))
        .containsExactlyInAnyOrder(context.root().getPermittedSubclasses());
  }

  @Test
  void every_record_that_json_touches_is_registered_for_reflection() {
    Set<String> unregistered =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.headrace.events.contexts")
                .stream()
                .filter(type -> type.isRecord() || type.isEnum())
                .filter(type -> !type.isAnnotatedWith(RegisterForReflection.class))
                .map(JavaClass::getName)
                .collect(Collectors.toSet());
    assertThat(unregistered).isEmpty();
  }

  @Test
  void every_sealed_root_of_events_is_known_here() {
    Set<Class<?>> roots =
        new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("io.headrace.events.contexts")
                .stream()
                .filter(type -> type.isInterface() && type.isAssignableTo(DomainEvent.class))
                .filter(type -> !type.getModifiers().contains(JavaModifier.SYNTHETIC))
                .map(JavaClass::reflect)
                .collect(Collectors.toSet());
    assertThat(Contexts.ALL.stream().<Class<?>>map(ContextEvents::root))
        .containsExactlyInAnyOrderElementsOf(roots);
  }
}
