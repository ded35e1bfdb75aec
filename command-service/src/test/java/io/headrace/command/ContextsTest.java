package io.headrace.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.command.contexts.ordering.OrderDefinition;
import io.headrace.command.contexts.payment.PaymentDefinition;
import io.headrace.command.contexts.review.ReviewDefinition;
import io.headrace.command.contexts.shipping.ShipmentDefinition;
import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventType;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

public class ContextsTest {

  public static List<AggregateDefinition<?, ?, ?, ?>> definitions() {
    return List.of(
        new OrderDefinition(),
        new PaymentDefinition(),
        new ShipmentDefinition(),
        new ReviewDefinition());
  }

  @ParameterizedTest
  @MethodSource("definitions")
  void every_permitted_command_is_listed(AggregateDefinition<?, ?, ?, ?> definition) {
    assertThat(definition.commandTypes())
        .map(type -> (Object) type)
        .containsExactlyInAnyOrder((Object[]) definition.commandRoot().getPermittedSubclasses());
  }

  @ParameterizedTest
  @MethodSource("definitions")
  void every_permitted_event_is_listed(AggregateDefinition<?, ?, ?, ?> definition) {
    assertThat(definition.events().types())
        .map(EventType::type)
        .map(type -> (Object) type)
        .containsExactlyInAnyOrder((Object[]) definition.events().root().getPermittedSubclasses());
  }

  @ParameterizedTest
  @MethodSource("definitions")
  void everything_that_jackson_touches_is_registered_for_native_images(
      AggregateDefinition<?, ?, ?, ?> definition) {
    assertThat(
            Stream.concat(
                definition.commandTypes().stream(),
                Stream.of(definition.stateType().getPermittedSubclasses())))
        .allSatisfy(
            type -> assertThat(type.isAnnotationPresent(RegisterForReflection.class)).isTrue());
  }

  @ParameterizedTest
  @MethodSource("definitions")
  void the_initial_state_survives_json(AggregateDefinition<?, ?, ?, ?> definition)
      throws Exception {
    ObjectMapper mapper = EventJson.mapper();
    Object initial = definition.decider().initial();
    byte[] json = mapper.writerFor(definition.stateType()).writeValueAsBytes(initial);
    assertThat(mapper.readTree(json).path("status").asText()).isEqualTo("none");
    assertThat((Object) mapper.readValue(json, definition.stateType())).isEqualTo(initial);
  }
}
