package io.headrace.events.contexts.ordering;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;

public sealed interface OrderEvent extends DomainEvent {

  ContextEvents<OrderEvent> EVENTS =
      ContextEvents.of(
          "ordering",
          OrderEvent.class,
          List.of(
              OrderPlaced.class,
              OrderConfirmed.class,
              OrderCancelled.class,
              OrderRejected.class,
              OrderCompleted.class));

  String orderId();

  @Override
  default String partitionKey() {
    return orderId();
  }

  /**
   * @param items the sum of the lines' prices
   * @param freight the sum of the lines' freight
   * @param total what has to be paid: items and freight
   * @param promisedDelivery the last day (UTC) on which a delivery is not late, where one was
   *     promised
   */
  @RegisterForReflection
  record OrderPlaced(
      String orderId,
      String customerId,
      List<OrderLine> lines,
      Money items,
      Money freight,
      Money total,
      @Nullable LocalDate promisedDelivery,
      Instant placedAt)
      implements OrderEvent {

    public OrderPlaced {
      lines = List.copyOf(lines);
    }
  }

  /**
   * @param unitPrice the price of one unit
   * @param freight for the whole line
   */
  @RegisterForReflection
  record OrderLine(
      String productId, String sellerId, int quantity, Money unitPrice, Money freight) {}

  /** The order is paid for. */
  @RegisterForReflection
  record OrderConfirmed(String orderId, Instant confirmedAt) implements OrderEvent {}

  /** The customer, or someone on their behalf, has withdrawn the order. */
  @RegisterForReflection
  record OrderCancelled(String orderId, String reason, Instant cancelledAt) implements OrderEvent {}

  /** The marketplace or the seller cannot fulfil the order. */
  @RegisterForReflection
  record OrderRejected(String orderId, String reason, Instant rejectedAt) implements OrderEvent {}

  /** Everything was delivered. */
  @RegisterForReflection
  record OrderCompleted(String orderId, Instant completedAt) implements OrderEvent {}
}
