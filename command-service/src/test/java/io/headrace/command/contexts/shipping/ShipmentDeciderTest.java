package io.headrace.command.contexts.shipping;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.command.contexts.shipping.ShipmentCommand.CancelShipment;
import io.headrace.command.contexts.shipping.ShipmentCommand.DeliverShipment;
import io.headrace.command.contexts.shipping.ShipmentCommand.DispatchShipment;
import io.headrace.command.contexts.shipping.ShipmentCommand.FailShipment;
import io.headrace.command.contexts.shipping.ShipmentCommand.RequestShipment;
import io.headrace.command.contexts.shipping.ShipmentRejection.ShipmentAlreadyDelivered;
import io.headrace.command.contexts.shipping.ShipmentRejection.ShipmentAlreadyDispatched;
import io.headrace.command.contexts.shipping.ShipmentRejection.ShipmentNotDispatched;
import io.headrace.command.contexts.shipping.ShipmentRejection.ShipmentNotRequested;
import io.headrace.command.platform.spi.DeciderSpec;
import io.headrace.command.platform.spi.Decision;
import io.headrace.events.contexts.shipping.ShipmentEvent;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentCancelled;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDelivered;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDispatched;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentFailed;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentRequested;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ShipmentDeciderTest {

  private static final String ID = "o1";
  private static final Instant T0 = Instant.parse("2018-01-01T10:00:00Z");
  private static final Instant T1 = T0.plusSeconds(60);
  private static final ShipmentDecider DECIDER = new ShipmentDecider();

  private static final RequestShipment REQUEST = new RequestShipment(ID, ID, T0);
  private static final CancelShipment CANCEL = new CancelShipment(ID, "not wanted", T1);
  private static final DispatchShipment DISPATCH = new DispatchShipment(ID, T1);
  private static final DeliverShipment DELIVER = new DeliverShipment(ID, T1);
  private static final FailShipment FAIL = new FailShipment(ID, "nobody at home", T1);

  private static final ShipmentRequested REQUESTED = new ShipmentRequested(ID, ID, T0);
  private static final ShipmentCancelled CANCELLED =
      new ShipmentCancelled(ID, ID, "not wanted", T1);
  private static final ShipmentDispatched DISPATCHED = new ShipmentDispatched(ID, ID, T1);
  private static final ShipmentDelivered DELIVERED = new ShipmentDelivered(ID, ID, T1);
  private static final ShipmentFailed FAILED = new ShipmentFailed(ID, ID, "nobody at home", T1);

  private static final Map<String, List<ShipmentEvent>> HISTORIES =
      Map.of(
          "none", List.of(),
          "requested", List.of(REQUESTED),
          "cancelled", List.of(REQUESTED, CANCELLED),
          "dispatched", List.of(REQUESTED, DISPATCHED),
          "failed", List.of(REQUESTED, DISPATCHED, FAILED),
          "dispatched again", List.of(REQUESTED, DISPATCHED, FAILED, DISPATCHED),
          "delivered", List.of(REQUESTED, DISPATCHED, DELIVERED));

  static Stream<Arguments> matrix() {
    ShipmentNotRequested none = new ShipmentNotRequested(ID);
    ShipmentAlreadyDispatched left = new ShipmentAlreadyDispatched(ID);
    ShipmentAlreadyDelivered delivered = new ShipmentAlreadyDelivered(ID);
    ShipmentRejection cancelled = new ShipmentRejection.ShipmentCancelled(ID);
    return Stream.of(
            row("none", REQUESTED, none, none, none, none),
            row("requested", null, CANCELLED, DISPATCHED, not("requested"), not("requested")),
            row("cancelled", null, null, cancelled, not("cancelled"), not("cancelled")),
            row("dispatched", null, left, null, DELIVERED, FAILED),
            row("failed", null, left, DISPATCHED, not("failed"), null),
            row("dispatched again", null, left, null, DELIVERED, FAILED),
            row("delivered", null, left, delivered, null, delivered))
        .flatMap(rows -> rows);
  }

  private static ShipmentNotDispatched not(String status) {
    return new ShipmentNotDispatched(ID, status);
  }

  private static Stream<Arguments> row(
      String state, Object request, Object cancel, Object dispatch, Object deliver, Object fail) {
    return Stream.of(
        Arguments.of(state, REQUEST, request),
        Arguments.of(state, CANCEL, cancel),
        Arguments.of(state, DISPATCH, dispatch),
        Arguments.of(state, DELIVER, deliver),
        Arguments.of(state, FAIL, fail));
  }

  @ParameterizedTest(name = "{0}: {1} -> {2}")
  @MethodSource("matrix")
  void every_command_has_its_answer_in_every_state(
      String state, ShipmentCommand command, Object expected) {
    var answer = DeciderSpec.of(new ShipmentDefinition()).given(HISTORIES.get(state)).when(command);
    switch (expected) {
      case null -> answer.thenNothing();
      case ShipmentEvent event -> answer.then(event);
      case ShipmentRejection reason -> answer.thenRejected(reason);
      default -> throw new AssertionError("no expectation: " + expected);
    }
  }

  @Property
  void a_shipment_is_delivered_or_cancelled_but_never_both_and_never_delivered_undispatched(
      @ForAll("commands") List<ShipmentCommand> commands) {
    Shipment shipment = DECIDER.initial();
    List<Object> history = new ArrayList<>();
    for (ShipmentCommand command : commands) {
      switch (DECIDER.decide(command, shipment)) {
        case Decision.Rejected<ShipmentEvent, ShipmentRejection>(ShipmentRejection reason) ->
            assertThat(reason.message()).isNotBlank();
        case Decision.Accepted<ShipmentEvent, ShipmentRejection>(List<ShipmentEvent> events) -> {
          for (ShipmentEvent event : events) {
            shipment = DECIDER.evolve(shipment, event);
            history.add(event.getClass());
          }
        }
      }
    }
    long ends =
        history.stream()
            .filter(type -> type == ShipmentDelivered.class || type == ShipmentCancelled.class)
            .count();
    assertThat(ends).isLessThanOrEqualTo(1);
    int delivered = history.indexOf(ShipmentDelivered.class);
    if (delivered >= 0) {
      assertThat(history.get(delivered - 1)).isEqualTo(ShipmentDispatched.class);
    }
  }

  @Provide
  Arbitrary<List<ShipmentCommand>> commands() {
    return Arbitraries.<ShipmentCommand>of(REQUEST, CANCEL, DISPATCH, DELIVER, FAIL)
        .list()
        .ofMaxSize(12);
  }

  @Property
  void any_recorded_event_is_folded_in_any_state(@ForAll("events") List<ShipmentEvent> events) {
    Shipment shipment = DECIDER.initial();
    for (ShipmentEvent event : events) {
      shipment = DECIDER.evolve(shipment, event);
      assertThat(shipment).isNotNull();
    }
  }

  @Provide
  Arbitrary<List<ShipmentEvent>> events() {
    return Arbitraries.<ShipmentEvent>of(REQUESTED, CANCELLED, DISPATCHED, DELIVERED, FAILED)
        .list()
        .ofMaxSize(8);
  }
}
