package io.headrace.command.contexts.shipping;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Where a shipment stands in its life. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "status")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Shipment.None.class, name = "none"),
  @JsonSubTypes.Type(value = Shipment.Requested.class, name = "requested"),
  @JsonSubTypes.Type(value = Shipment.Dispatched.class, name = "dispatched"),
  @JsonSubTypes.Type(value = Shipment.Delivered.class, name = "delivered"),
  @JsonSubTypes.Type(value = Shipment.Failed.class, name = "failed"),
  @JsonSubTypes.Type(value = Shipment.Cancelled.class, name = "cancelled")
})
@RegisterForReflection
@Schema(name = "Shipment", description = "Where a shipment stands in its life; `status` names it.")
sealed interface Shipment {

  @RegisterForReflection
  record None() implements Shipment {}

  @RegisterForReflection
  record Requested(String orderId, Instant requestedAt) implements Shipment {}

  @RegisterForReflection
  record Dispatched(String orderId, Instant dispatchedAt) implements Shipment {}

  @RegisterForReflection
  record Delivered(String orderId, Instant deliveredAt) implements Shipment {}

  @RegisterForReflection
  record Failed(String orderId, String reason, Instant failedAt) implements Shipment {}

  @RegisterForReflection
  record Cancelled(String orderId, String reason, Instant cancelledAt) implements Shipment {}
}
