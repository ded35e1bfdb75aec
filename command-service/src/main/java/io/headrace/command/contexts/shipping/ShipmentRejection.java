package io.headrace.command.contexts.shipping;

import io.headrace.command.platform.spi.Rejection;
import io.quarkus.runtime.annotations.RegisterForReflection;

sealed interface ShipmentRejection extends Rejection {

  @RegisterForReflection
  record ShipmentNotRequested(String shipmentId) implements ShipmentRejection {

    @Override
    public String message() {
      return "There is no shipment %s.".formatted(shipmentId);
    }
  }

  @RegisterForReflection
  record ShipmentAlreadyDispatched(String shipmentId) implements ShipmentRejection {

    @Override
    public String message() {
      return "Shipment %s has left already and cannot be cancelled.".formatted(shipmentId);
    }
  }

  @RegisterForReflection
  record ShipmentAlreadyDelivered(String shipmentId) implements ShipmentRejection {

    @Override
    public String message() {
      return "Shipment %s has been delivered.".formatted(shipmentId);
    }
  }

  /**
   * @param status {@code requested}, {@code failed} or {@code cancelled}
   */
  @RegisterForReflection
  record ShipmentNotDispatched(String shipmentId, String status) implements ShipmentRejection {

    @Override
    public String message() {
      return "Shipment %s is not under way, it is %s.".formatted(shipmentId, status);
    }
  }

  @RegisterForReflection
  record ShipmentCancelled(String shipmentId) implements ShipmentRejection {

    @Override
    public String message() {
      return "Shipment %s is cancelled and cannot be dispatched.".formatted(shipmentId);
    }
  }
}
