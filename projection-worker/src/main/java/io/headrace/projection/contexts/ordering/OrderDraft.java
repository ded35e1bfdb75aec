package io.headrace.projection.contexts.ordering;

import io.headrace.events.platform.Money;
import io.headrace.projection.contexts.ordering.OrderRow.Line;
import io.headrace.projection.contexts.ordering.OrderRow.Payment;
import io.headrace.projection.contexts.ordering.OrderRow.Review;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The facts of an order row, open for change; {@link #row} works out what follows from them. */
final class OrderDraft {

  final String orderId;
  @Nullable String customerId;
  @Nullable Money items;
  @Nullable Money freight;
  @Nullable Money total;
  List<Line> lines = List.of();
  Map<String, Payment> payments = Map.of();
  @Nullable String shipmentId;
  Map<String, Review> reviews = Map.of();
  @Nullable LocalDate promisedDelivery;
  @Nullable Instant placedAt;
  @Nullable Instant confirmedAt;
  @Nullable Instant shippedAt;
  @Nullable Instant deliveredAt;
  @Nullable Instant completedAt;
  @Nullable Instant cancelledAt;
  @Nullable Instant rejectedAt;
  @Nullable String cancelReason;
  @Nullable String rejectReason;

  private OrderDraft(String orderId) {
    this.orderId = orderId;
  }

  static OrderDraft of(@Nullable OrderRow row, String orderId) {
    OrderDraft draft = new OrderDraft(orderId);
    if (row != null) {
      draft.customerId = row.customerId();
      draft.items = money(row.items(), row.currency());
      draft.freight = money(row.freight(), row.currency());
      draft.total = money(row.total(), row.currency());
      draft.lines = row.lines();
      draft.payments = row.payments();
      draft.shipmentId = row.shipmentId();
      draft.reviews = row.reviews();
      draft.promisedDelivery = row.promisedDelivery();
      draft.placedAt = row.placedAt();
      draft.confirmedAt = row.confirmedAt();
      draft.shippedAt = row.shippedAt();
      draft.deliveredAt = row.deliveredAt();
      draft.completedAt = row.completedAt();
      draft.cancelledAt = row.cancelledAt();
      draft.rejectedAt = row.rejectedAt();
      draft.cancelReason = row.cancelReason();
      draft.rejectReason = row.rejectReason();
    }
    return draft;
  }

  private static @Nullable Money money(@Nullable BigDecimal amount, @Nullable String currency) {
    return amount == null || currency == null ? null : new Money(amount, currency);
  }

  void payment(String paymentId, Payment payment) {
    Map<String, Payment> changed = new TreeMap<>(payments);
    changed.put(paymentId, payment);
    payments = changed;
  }

  void review(String reviewId, Review review) {
    Map<String, Review> changed = new TreeMap<>(reviews);
    changed.put(reviewId, review);
    reviews = changed;
  }

  OrderRow row() {
    String currency = total == null ? null : total.currency();
    return new OrderRow(
        orderId,
        customerId,
        status(),
        currency,
        amount(items),
        amount(freight),
        amount(total),
        currency == null ? null : sum(currency, OrderDraft::authorized),
        currency == null ? null : sum(currency, Payment::refunded),
        lines,
        lines.stream().map(Line::sellerId).distinct().sorted().toList(),
        payments,
        shipmentId,
        reviews,
        latestScore(),
        reviews.size(),
        reviews.values().stream().mapToInt(Review::score).sum(),
        promisedDelivery,
        placedAt,
        confirmedAt,
        shippedAt,
        deliveredAt,
        completedAt,
        cancelledAt,
        rejectedAt,
        cancelReason,
        rejectReason,
        isLate());
  }

  private String status() {
    if (cancelledAt != null) {
      return OrderRow.CANCELLED;
    } else if (rejectedAt != null) {
      return OrderRow.REJECTED;
    } else if (deliveredAt != null) {
      return OrderRow.DELIVERED;
    } else if (shippedAt != null) {
      return OrderRow.SHIPPED;
    } else if (confirmedAt != null) {
      return OrderRow.CONFIRMED;
    } else {
      return OrderRow.PLACED;
    }
  }

  private boolean isLate() {
    return deliveredAt != null
        && promisedDelivery != null
        && LocalDate.ofInstant(deliveredAt, ZoneOffset.UTC).isAfter(promisedDelivery);
  }

  private @Nullable Integer latestScore() {
    return reviews.entrySet().stream()
        .max(
            Comparator.comparing((Map.Entry<String, Review> e) -> e.getValue().postedAt())
                .thenComparing(Map.Entry::getKey))
        .map(latest -> latest.getValue().score())
        .orElse(null);
  }

  private static @Nullable Money authorized(Payment payment) {
    return payment.state().equals(Payment.DECLINED) ? null : payment.amount();
  }

  /** Amounts in another currency than the order's cannot be added to it, and are left out. */
  private BigDecimal sum(String currency, Function<Payment, @Nullable Money> amount) {
    Money sum = Money.zero(currency);
    for (Payment payment : payments.values()) {
      Money money = amount.apply(payment);
      if (money != null && money.currency().equals(currency)) {
        sum = sum.plus(money);
      }
    }
    return sum.amount();
  }

  private static @Nullable BigDecimal amount(@Nullable Money money) {
    return money == null ? null : money.amount();
  }
}
