package io.headrace.events.contexts.shipping;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;

public sealed interface ShipmentEvent extends DomainEvent {

  ContextEvents<ShipmentEvent> EVENTS =
      ContextEvents.of(
          "shipping",
          ShipmentEvent.class,
          List.of(
              ShipmentRequested.class,
              ShipmentCancelled.class,
              ShipmentDispatched.class,
              ShipmentDelivered.class,
              ShipmentFailed.class));

  String shipmentId();

  String orderId();

  @Override
  default String partitionKey() {
    return orderId();
  }

  @RegisterForReflection
  record ShipmentRequested(String shipmentId, String orderId, Instant requestedAt)
      implements ShipmentEvent {}

  /** Withdrawn before it was dispatched. */
  @RegisterForReflection
  record ShipmentCancelled(String shipmentId, String orderId, String reason, Instant cancelledAt)
      implements ShipmentEvent {}

  /** Handed to the carrier. */
  @RegisterForReflection
  record ShipmentDispatched(String shipmentId, String orderId, Instant dispatchedAt)
      implements ShipmentEvent {}

  @RegisterForReflection
  record ShipmentDelivered(String shipmentId, String orderId, Instant deliveredAt)
      implements ShipmentEvent {}

  /** The carrier could not deliver; it may be dispatched again. */
  @RegisterForReflection
  record ShipmentFailed(String shipmentId, String orderId, String reason, Instant failedAt)
      implements ShipmentEvent {}
}
