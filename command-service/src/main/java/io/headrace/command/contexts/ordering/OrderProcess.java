package io.headrace.command.contexts.ordering;

import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What has become known of an order, its payments and its shipments. Only facts, each of which
 * comes once and stays: so it is the same in the end, in whatever order they came.
 *
 * @param payments the authorized ones, by id
 * @param undispatched the shipments that were requested, and neither left nor were cancelled
 */
@RegisterForReflection
record OrderProcess(
    @Nullable Instant placedAt,
    @Nullable Money total,
    @Nullable Instant confirmedAt,
    @Nullable Instant completedAt,
    @Nullable Closed closed,
    @Nullable Instant deliveredAt,
    SortedMap<String, Paid> payments,
    SortedSet<String> undispatched) {

  /**
   * The order was withdrawn.
   *
   * @param how {@code cancelled} or {@code rejected}
   */
  @RegisterForReflection
  record Closed(String how, Instant at) {}

  /** An authorized payment, and what became of it. */
  @RegisterForReflection
  record Paid(
      Money amount,
      Instant authorizedAt,
      @Nullable Instant capturedAt,
      @Nullable Instant refundedAt) {

    boolean open() {
      return capturedAt == null && refundedAt == null;
    }

    boolean counts(Instant at) {
      return !authorizedAt.isAfter(at) && (refundedAt == null || refundedAt.isAfter(at));
    }
  }

  static final OrderProcess NOTHING =
      new OrderProcess(null, null, null, null, null, null, new TreeMap<>(), new TreeSet<>());

  /** Whether the money of this payment is of another currency than the order. */
  boolean foreign(Paid payment) {
    return total != null && !total.currency().equals(payment.amount().currency());
  }

  /**
   * When the order was paid for: the first moment at which the payments that were then authorized
   * and not refunded reached its total. By their business times, so that it does not depend on the
   * order in which the news came in.
   */
  Optional<Instant> paidAt() {
    if (placedAt == null || total == null || total.signum() <= 0) {
      return Optional.empty();
    }
    Collection<Paid> own = payments.values().stream().filter(paid -> !foreign(paid)).toList();
    return own.stream()
        .map(paid -> later(placedAt, paid.authorizedAt()))
        .sorted()
        .filter(at -> reached(own.stream().filter(paid -> paid.counts(at))))
        .findFirst();
  }

  private boolean reached(Stream<Paid> payments) {
    // Not Money.plus: that has an upper bound, and an overpaid order is no fault.
    BigDecimal sum =
        payments.map(paid -> paid.amount().amount()).reduce(BigDecimal.ZERO, BigDecimal::add);
    return total != null && sum.compareTo(total.amount()) >= 0;
  }

  static Instant later(Instant one, Instant other) {
    return one.isBefore(other) ? other : one;
  }

  OrderProcess placed(Money orderTotal, Instant at) {
    return new OrderProcess(
        at, orderTotal, confirmedAt, completedAt, closed, deliveredAt, payments, undispatched);
  }

  OrderProcess confirmed(Instant at) {
    return new OrderProcess(
        placedAt, total, at, completedAt, closed, deliveredAt, payments, undispatched);
  }

  OrderProcess completed(Instant at) {
    return new OrderProcess(
        placedAt, total, confirmedAt, at, closed, deliveredAt, payments, undispatched);
  }

  OrderProcess closed(String how, Instant at) {
    return new OrderProcess(
        placedAt,
        total,
        confirmedAt,
        completedAt,
        new Closed(how, at),
        deliveredAt,
        payments,
        undispatched);
  }

  OrderProcess delivered(Instant at) {
    return new OrderProcess(
        placedAt, total, confirmedAt, completedAt, closed, at, payments, undispatched);
  }

  OrderProcess authorized(String paymentId, Money amount, Instant at) {
    return with(paymentId, new Paid(amount, at, null, null));
  }

  OrderProcess captured(String paymentId, Instant at) {
    Paid paid = payments.get(paymentId);
    return paid == null
        ? this
        : with(paymentId, new Paid(paid.amount(), paid.authorizedAt(), at, paid.refundedAt()));
  }

  OrderProcess refunded(String paymentId, Instant at) {
    Paid paid = payments.get(paymentId);
    return paid == null
        ? this
        : with(paymentId, new Paid(paid.amount(), paid.authorizedAt(), paid.capturedAt(), at));
  }

  private OrderProcess with(String paymentId, Paid paid) {
    SortedMap<String, Paid> changed = new TreeMap<>(payments);
    changed.put(paymentId, paid);
    return new OrderProcess(
        placedAt, total, confirmedAt, completedAt, closed, deliveredAt, changed, undispatched);
  }

  OrderProcess requested(String shipmentId) {
    SortedSet<String> changed = new TreeSet<>(undispatched);
    changed.add(shipmentId);
    return with(changed);
  }

  OrderProcess leftOrCancelled(String shipmentId) {
    SortedSet<String> changed = new TreeSet<>(undispatched);
    changed.remove(shipmentId);
    return with(changed);
  }

  private OrderProcess with(SortedSet<String> changed) {
    return new OrderProcess(
        placedAt, total, confirmedAt, completedAt, closed, deliveredAt, payments, changed);
  }
}
