package io.headrace.relay.platform.source;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.junit.jupiter.api.Test;

class DebeziumReflectionTest {

  @Test
  void every_class_registered_by_name_exists() {
    for (String name :
        DebeziumReflection.class.getAnnotation(RegisterForReflection.class).classNames()) {
      assertThatCode(() -> Class.forName(name)).as(name).doesNotThrowAnyException();
    }
  }
}
