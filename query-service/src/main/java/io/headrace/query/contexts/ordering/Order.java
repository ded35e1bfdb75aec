package io.headrace.query.contexts.ordering;

import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

@RegisterForReflection
@Schema(
    name = "Order",
    description = "An order as ordering, payment, shipping and review tell of it.",
    requiredProperties = {
      "orderId",
      "customerId",
      "status",
      "sellers",
      "lines",
      "items",
      "freight",
      "total",
      "paid",
      "refunded",
      "placedAt",
      "late",
      "paymentIds",
      "reviews"
    })
record Order(
    String orderId,
    String customerId,
    @Schema(enumeration = {"placed", "confirmed", "shipped", "delivered", "cancelled", "rejected"})
        String status,
    @Schema(description = "Everyone who sells a line of it, each once.") List<String> sellers,
    List<Line> lines,
    @Schema(description = "The lines' prices.") Money items,
    @Schema(description = "The lines' freight.") Money freight,
    @Schema(description = "Items and freight: what has to be paid.") Money total,
    @Schema(description = "What was authorized.") Money paid,
    Money refunded,
    @Schema(description = "The last day (UTC) on which a delivery is not late.")
        @Nullable LocalDate promisedDelivery,
    Instant placedAt,
    @Nullable Instant confirmedAt,
    @Nullable Instant shippedAt,
    @Nullable Instant deliveredAt,
    @Nullable Instant completedAt,
    @Nullable Instant cancelledAt,
    @Nullable Instant rejectedAt,
    @Schema(description = "Delivered after the promised day.") boolean late,
    @Nullable String cancelReason,
    @Nullable String rejectReason,
    List<String> paymentIds,
    @Nullable String shipmentId,
    @Schema(description = "The score of the latest review.") @Nullable Integer reviewScore,
    @Schema(description = "How many reviews there are.") int reviews,
    @Schema(description = "The sum of their scores, where there are any.")
        @Nullable Integer reviewScoreSum) {

  @RegisterForReflection
  @Schema(
      name = "OrderLine",
      requiredProperties = {"productId", "sellerId", "quantity", "unitPrice", "freight"})
  record Line(
      String productId,
      String sellerId,
      int quantity,
      Money unitPrice,
      @Schema(description = "For the whole line.") Money freight) {}
}
