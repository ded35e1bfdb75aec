package io.headrace.command.contexts.shipping;

import static io.headrace.command.platform.spi.Decision.accept;
import static io.headrace.command.platform.spi.Decision.reject;

import io.headrace.command.contexts.shipping.Shipment.Cancelled;
import io.headrace.command.contexts.shipping.Shipment.Delivered;
import io.headrace.command.contexts.shipping.Shipment.Dispatched;
import io.headrace.command.contexts.shipping.Shipment.Failed;
import io.headrace.command.contexts.shipping.Shipment.None;
import io.headrace.command.contexts.shipping.Shipment.Requested;
import io.headrace.command.contexts.shipping.ShipmentCommand.CancelShipment;
import io.headrace.command.contexts.shipping.ShipmentCommand.DeliverShipment;
import io.headrace.command.contexts.shipping.ShipmentCommand.DispatchShipment;
import io.headrace.command.contexts.shipping.ShipmentCommand.FailShipment;
import io.headrace.command.contexts.shipping.ShipmentCommand.RequestShipment;
import io.headrace.command.contexts.shipping.ShipmentRejection.ShipmentAlreadyDelivered;
import io.headrace.command.contexts.shipping.ShipmentRejection.ShipmentAlreadyDispatched;
import io.headrace.command.contexts.shipping.ShipmentRejection.ShipmentNotDispatched;
import io.headrace.command.contexts.shipping.ShipmentRejection.ShipmentNotRequested;
import io.headrace.command.platform.spi.Decider;
import io.headrace.command.platform.spi.Decision;
import io.headrace.events.contexts.shipping.ShipmentEvent;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentCancelled;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDelivered;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDispatched;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentFailed;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentRequested;
import java.time.Instant;

final class ShipmentDecider
    implements Decider<ShipmentCommand, Shipment, ShipmentEvent, ShipmentRejection> {

  private record When(Shipment shipment, ShipmentCommand command) {}

  @Override
  public Shipment initial() {
    return new None();
  }

  @Override
  public Decision<ShipmentEvent, ShipmentRejection> decide(
      ShipmentCommand command, Shipment shipment) {
    return switch (new When(shipment, command)) {
      case When(None _, RequestShipment c) ->
          accept(new ShipmentRequested(c.shipmentId(), c.orderId(), c.at()));
      case When(_, RequestShipment _) -> accept();

      case When(None _, CancelShipment c) -> notRequested(c.shipmentId());
      case When(None _, DispatchShipment c) -> notRequested(c.shipmentId());
      case When(None _, DeliverShipment c) -> notRequested(c.shipmentId());
      case When(None _, FailShipment c) -> notRequested(c.shipmentId());

      case When(Requested(String order, _), CancelShipment c) ->
          accept(new ShipmentCancelled(c.shipmentId(), order, c.reason(), c.at()));
      case When(Cancelled _, CancelShipment _) -> accept();
      case When(Dispatched _, CancelShipment c) -> alreadyDispatched(c.shipmentId());
      case When(Delivered _, CancelShipment c) -> alreadyDispatched(c.shipmentId());
      case When(Failed _, CancelShipment c) -> alreadyDispatched(c.shipmentId());

      case When(Requested(String order, _), DispatchShipment c) ->
          dispatched(c.shipmentId(), order, c.at());
      case When(Failed(String order, _, _), DispatchShipment c) ->
          dispatched(c.shipmentId(), order, c.at());
      case When(Dispatched _, DispatchShipment _) -> accept();
      case When(Delivered _, DispatchShipment c) -> alreadyDelivered(c.shipmentId());
      case When(Cancelled _, DispatchShipment c) ->
          reject(new ShipmentRejection.ShipmentCancelled(c.shipmentId()));

      case When(Dispatched(String order, _), DeliverShipment c) ->
          accept(new ShipmentDelivered(c.shipmentId(), order, c.at()));
      case When(Delivered _, DeliverShipment _) -> accept();
      case When(Requested _, DeliverShipment c) -> notDispatched(c.shipmentId(), "requested");
      case When(Failed _, DeliverShipment c) -> notDispatched(c.shipmentId(), "failed");
      case When(Cancelled _, DeliverShipment c) -> notDispatched(c.shipmentId(), "cancelled");

      case When(Dispatched(String order, _), FailShipment c) ->
          accept(new ShipmentFailed(c.shipmentId(), order, c.reason(), c.at()));
      case When(Failed _, FailShipment _) -> accept();
      case When(Requested _, FailShipment c) -> notDispatched(c.shipmentId(), "requested");
      case When(Delivered _, FailShipment c) -> alreadyDelivered(c.shipmentId());
      case When(Cancelled _, FailShipment c) -> notDispatched(c.shipmentId(), "cancelled");
    };
  }

  private static Decision<ShipmentEvent, ShipmentRejection> dispatched(
      String shipmentId, String orderId, Instant at) {
    return accept(new ShipmentDispatched(shipmentId, orderId, at));
  }

  private static Decision<ShipmentEvent, ShipmentRejection> notRequested(String shipmentId) {
    return reject(new ShipmentNotRequested(shipmentId));
  }

  private static Decision<ShipmentEvent, ShipmentRejection> alreadyDispatched(String shipmentId) {
    return reject(new ShipmentAlreadyDispatched(shipmentId));
  }

  private static Decision<ShipmentEvent, ShipmentRejection> alreadyDelivered(String shipmentId) {
    return reject(new ShipmentAlreadyDelivered(shipmentId));
  }

  private static Decision<ShipmentEvent, ShipmentRejection> notDispatched(
      String shipmentId, String status) {
    return reject(new ShipmentNotDispatched(shipmentId, status));
  }

  @Override
  public Shipment evolve(Shipment shipment, ShipmentEvent event) {
    return switch (event) {
      case ShipmentRequested e -> new Requested(e.orderId(), e.requestedAt());
      case ShipmentCancelled e -> new Cancelled(e.orderId(), e.reason(), e.cancelledAt());
      case ShipmentDispatched e -> new Dispatched(e.orderId(), e.dispatchedAt());
      case ShipmentDelivered e -> new Delivered(e.orderId(), e.deliveredAt());
      case ShipmentFailed e -> new Failed(e.orderId(), e.reason(), e.failedAt());
    };
  }
}
