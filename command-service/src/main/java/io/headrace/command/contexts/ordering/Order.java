package io.headrace.command.contexts.ordering;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.headrace.events.contexts.ordering.OrderEvent.OrderPlaced;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Where an order stands in its life. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "status")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Order.None.class, name = "none"),
  @JsonSubTypes.Type(value = Order.Placed.class, name = "placed"),
  @JsonSubTypes.Type(value = Order.Confirmed.class, name = "confirmed"),
  @JsonSubTypes.Type(value = Order.Completed.class, name = "completed"),
  @JsonSubTypes.Type(value = Order.Cancelled.class, name = "cancelled"),
  @JsonSubTypes.Type(value = Order.Rejected.class, name = "rejected")
})
@RegisterForReflection
@Schema(name = "Order", description = "Where an order stands in its life; `status` names it.")
sealed interface Order {

  @RegisterForReflection
  record None() implements Order {}

  @RegisterForReflection
  record Placed(OrderPlaced order) implements Order {}

  @RegisterForReflection
  record Confirmed(OrderPlaced order, Instant confirmedAt) implements Order {}

  @RegisterForReflection
  record Completed(OrderPlaced order, Instant completedAt) implements Order {}

  @RegisterForReflection
  record Cancelled(OrderPlaced order, String reason, Instant cancelledAt) implements Order {}

  @RegisterForReflection
  record Rejected(OrderPlaced order, String reason, Instant rejectedAt) implements Order {}
}
