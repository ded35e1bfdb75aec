package io.headrace.command.contexts.shipping;

import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.Decider;
import io.headrace.events.contexts.shipping.ShipmentEvent;
import io.headrace.events.platform.ContextEvents;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

@ApplicationScoped
public class ShipmentDefinition
    implements AggregateDefinition<ShipmentCommand, Shipment, ShipmentEvent, ShipmentRejection> {

  @Override
  public String aggregate() {
    return "shipment";
  }

  @Override
  public String collection() {
    return "shipments";
  }

  @Override
  public ContextEvents<ShipmentEvent> events() {
    return ShipmentEvent.EVENTS;
  }

  @Override
  public Class<ShipmentCommand> commandRoot() {
    return ShipmentCommand.class;
  }

  @Override
  public List<Class<? extends ShipmentCommand>> commandTypes() {
    return List.of(
        ShipmentCommand.RequestShipment.class,
        ShipmentCommand.CancelShipment.class,
        ShipmentCommand.DispatchShipment.class,
        ShipmentCommand.DeliverShipment.class,
        ShipmentCommand.FailShipment.class);
  }

  @Override
  public Class<Shipment> stateType() {
    return Shipment.class;
  }

  @Override
  public Decider<ShipmentCommand, Shipment, ShipmentEvent, ShipmentRejection> decider() {
    return new ShipmentDecider();
  }
}
