package io.headrace.command.contexts.shipping;

import io.headrace.command.platform.spi.AggregateId;
import io.headrace.command.platform.spi.DefaultNow;
import io.headrace.command.platform.spi.FourDigitYear;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.command.platform.spi.Patterns;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

sealed interface ShipmentCommand {

  int MAX_REASON = 500;

  @RegisterForReflection
  @Schema(description = "An order shall be shipped. Its shipment has the id of the order.")
  record RequestShipment(
      @AggregateId String shipmentId,
      @NotNull @Identifier String orderId,
      @DefaultNow @FourDigitYear Instant at)
      implements ShipmentCommand {}

  @RegisterForReflection
  @Schema(description = "The shipment is not wanted any more; possible until it is dispatched.")
  record CancelShipment(
      @AggregateId String shipmentId,
      @NotBlank @Size(max = MAX_REASON) @Pattern(regexp = Patterns.TEXT) String reason,
      @DefaultNow @FourDigitYear Instant at)
      implements ShipmentCommand {}

  @RegisterForReflection
  @Schema(description = "The goods are with the carrier.")
  record DispatchShipment(@AggregateId String shipmentId, @DefaultNow @FourDigitYear Instant at)
      implements ShipmentCommand {}

  @RegisterForReflection
  @Schema(description = "The goods are with the customer.")
  record DeliverShipment(@AggregateId String shipmentId, @DefaultNow @FourDigitYear Instant at)
      implements ShipmentCommand {}

  @RegisterForReflection
  @Schema(description = "The carrier could not deliver; the goods may be dispatched again.")
  record FailShipment(
      @AggregateId String shipmentId,
      @NotBlank @Size(max = MAX_REASON) @Pattern(regexp = Patterns.TEXT) String reason,
      @DefaultNow @FourDigitYear Instant at)
      implements ShipmentCommand {}
}
