package io.headrace.systemtests.replay;

import io.headrace.systemtests.olist.OlistData.Item;
import io.headrace.systemtests.olist.OlistData.Order;
import io.headrace.systemtests.olist.OlistData.Payment;
import io.headrace.systemtests.replay.Expected.ExpectedStep;
import io.headrace.systemtests.replay.Expected.StreamVersion;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The rules of the marketplace once more, written from their description and in the plainest way:
 * one step after another, each reaction at once, one order after another in memory. It shares no
 * code with the services, so that both can be wrong only in different ways.
 */
public final class Model {

  private static final Set<String> PAYMENT_METHODS =
      Set.of("credit_card", "debit_card", "boleto", "voucher");
  private static final int MOST_INSTALLMENTS = 48;
  private static final int MOST_LINES = 500;
  private static final BigDecimal ZERO = new BigDecimal("0.00");

  private enum OrderStatus {
    NONE,
    REFUSED,
    PLACED,
    CONFIRMED,
    COMPLETED,
    CANCELLED,
    REJECTED
  }

  private enum PaymentStatus {
    AUTHORIZED,
    DECLINED,
    CAPTURED,
    REFUNDED
  }

  private enum ShipmentStatus {
    NONE,
    REQUESTED,
    CANCELLED,
    DISPATCHED,
    DELIVERED
  }

  private static final class Sale {
    final Order order;
    final Map<String, PaymentStatus> payments = new LinkedHashMap<>();
    final Map<String, BigDecimal> amounts = new HashMap<>();
    final List<PostedReview> reviews = new ArrayList<>();
    OrderStatus status = OrderStatus.NONE;
    ShipmentStatus shipment = ShipmentStatus.NONE;
    BigDecimal items = ZERO;
    BigDecimal freight = ZERO;
    @Nullable Instant placedAt;
    @Nullable Instant confirmedAt;
    @Nullable Instant completedAt;
    @Nullable Instant endedAt;
    @Nullable Instant dispatchedAt;
    @Nullable Instant deliveredAt;

    /** What reactions have done to the order and its shipment since a step last waited for it. */
    final List<StreamVersion> unawaited = new ArrayList<>();

    Sale(Order order) {
      this.order = order;
    }

    List<StreamVersion> takeUnawaited() {
      List<StreamVersion> taken = List.copyOf(unawaited);
      unawaited.clear();
      return taken;
    }

    boolean open() {
      return status == OrderStatus.PLACED || status == OrderStatus.CONFIRMED;
    }

    BigDecimal sum(PaymentStatus... counted) {
      Set<PaymentStatus> wanted = Set.of(counted);
      return payments.entrySet().stream()
          .filter(payment -> wanted.contains(payment.getValue()))
          .map(payment -> amounts.get(payment.getKey()))
          .reduce(ZERO, BigDecimal::add);
    }
  }

  private record PostedReview(String reviewId, int score, Instant postedAt) {}

  private final Map<String, Sale> sales = new LinkedHashMap<>();
  private final Set<String> postedReviews = new HashSet<>();
  private final Set<String> answeredReviews = new HashSet<>();
  private final Map<StreamRef, Integer> streams = new HashMap<>();

  private Model() {}

  /**
   * @param timeline in the order in which the steps happened
   */
  public static Expected of(List<Step> timeline) {
    Model model = new Model();
    List<ExpectedStep> steps = new ArrayList<>(timeline.size());
    for (Step step : timeline) {
      Sale sale = model.sales.computeIfAbsent(step.order().orderId(), _ -> new Sale(step.order()));
      List<StreamVersion> after = reactionsBefore(step, sale);
      steps.add(new ExpectedStep(step, model.apply(step, sale), after));
    }
    return model.results(steps);
  }

  /** Only an order's own life and its shipment meet reactions; payments and reviews never do. */
  private static List<StreamVersion> reactionsBefore(Step step, Sale sale) {
    return switch (step) {
      case Step.DispatchShipment _,
          Step.DeliverShipment _,
          Step.CancelOrder _,
          Step.RejectOrder _ ->
          sale.takeUnawaited();
      case Step.PlaceOrder _,
          Step.AuthorizePayment _,
          Step.DeclinePayment _,
          Step.PostReview _,
          Step.AnswerReview _ ->
          List.of();
    };
  }

  private Outcome apply(Step step, Sale sale) {
    if (sale.status == OrderStatus.REFUSED) {
      return Outcome.NOT_SENT;
    }
    return switch (step) {
      case Step.PlaceOrder s -> place(sale, s.at());
      case Step.AuthorizePayment s -> authorize(sale, s.payment(), s.at());
      case Step.DeclinePayment s -> decline(sale, s.payment());
      case Step.DispatchShipment s -> dispatch(sale, s.at());
      case Step.DeliverShipment s -> deliver(sale, s.at());
      case Step.CancelOrder s -> end(sale, OrderStatus.CANCELLED, s.at());
      case Step.RejectOrder s -> end(sale, OrderStatus.REJECTED, s.at());
      case Step.PostReview s -> {
        if (s.review().score() < 1 || s.review().score() > 5) {
          yield new Outcome.Invalid("score");
        }
        if (!postedReviews.add(s.review().reviewId())) {
          yield new Outcome.Rejected("review", "review-already-posted");
        }
        sale.reviews.add(new PostedReview(s.review().reviewId(), s.review().score(), s.at()));
        yield recorded(step.stream());
      }
      case Step.AnswerReview s -> {
        if (!postedReviews.contains(s.review().reviewId())) {
          yield new Outcome.Rejected("review", "review-not-posted");
        }
        yield answeredReviews.add(s.review().reviewId())
            ? recorded(step.stream())
            : Outcome.UNCHANGED;
      }
    };
  }

  private Outcome place(Sale sale, Instant at) {
    List<Item> items = sale.order.items();
    if (items.isEmpty() || items.size() > MOST_LINES) {
      sale.status = OrderStatus.REFUSED;
      return items.isEmpty()
          ? new Outcome.Rejected("ordering", "order-has-no-lines")
          : new Outcome.Invalid("lines");
    }
    sale.items = items.stream().map(Item::price).reduce(ZERO, BigDecimal::add);
    sale.freight = items.stream().map(Item::freight).reduce(ZERO, BigDecimal::add);
    sale.status = OrderStatus.PLACED;
    sale.placedAt = at;
    Outcome outcome = recorded(StreamRef.order(sale.order.orderId()));
    confirmIfPaid(sale, at);
    return outcome;
  }

  private Outcome authorize(Sale sale, Payment payment, Instant at) {
    if (!PAYMENT_METHODS.contains(payment.type())) {
      return new Outcome.Invalid("method");
    }
    if (payment.installments() < 1 || payment.installments() > MOST_INSTALLMENTS) {
      return new Outcome.Invalid("installments");
    }
    if (payment.value().signum() <= 0) {
      return new Outcome.Rejected("payment", "payment-amount-not-positive");
    }
    sale.payments.put(payment.paymentId(), PaymentStatus.AUTHORIZED);
    sale.amounts.put(payment.paymentId(), payment.value());
    Outcome outcome = recorded(StreamRef.payment(payment.paymentId()));
    confirmIfPaid(sale, at);
    if (sale.status == OrderStatus.CANCELLED || sale.status == OrderStatus.REJECTED) {
      refundAll(sale);
    }
    return outcome;
  }

  private Outcome decline(Sale sale, Payment payment) {
    if (!PAYMENT_METHODS.contains(payment.type())) {
      return new Outcome.Invalid("method");
    }
    sale.payments.put(payment.paymentId(), PaymentStatus.DECLINED);
    sale.amounts.put(payment.paymentId(), payment.value());
    return recorded(StreamRef.payment(payment.paymentId()));
  }

  /** Reaction: the payments reach the total. */
  private void confirmIfPaid(Sale sale, Instant causedAt) {
    if (sale.status == OrderStatus.PLACED
        && sale.placedAt != null
        && sale.sum(PaymentStatus.AUTHORIZED).compareTo(sale.items.add(sale.freight)) >= 0) {
      sale.status = OrderStatus.CONFIRMED;
      sale.confirmedAt = causedAt.isBefore(sale.placedAt) ? sale.placedAt : causedAt;
      reacted(sale, StreamRef.order(sale.order.orderId()));
      sale.shipment = ShipmentStatus.REQUESTED;
      reacted(sale, StreamRef.shipment(sale.order.orderId()));
    }
  }

  private Outcome dispatch(Sale sale, Instant at) {
    return switch (sale.shipment) {
      case NONE -> new Outcome.Rejected("shipping", "shipment-not-requested");
      case REQUESTED -> {
        sale.shipment = ShipmentStatus.DISPATCHED;
        sale.dispatchedAt = at;
        yield recorded(StreamRef.shipment(sale.order.orderId()));
      }
      case CANCELLED -> new Outcome.Rejected("shipping", "shipment-cancelled");
      case DISPATCHED -> Outcome.UNCHANGED;
      case DELIVERED -> new Outcome.Rejected("shipping", "shipment-already-delivered");
    };
  }

  private Outcome deliver(Sale sale, Instant at) {
    return switch (sale.shipment) {
      case NONE -> new Outcome.Rejected("shipping", "shipment-not-requested");
      case REQUESTED, CANCELLED -> new Outcome.Rejected("shipping", "shipment-not-dispatched");
      case DELIVERED -> Outcome.UNCHANGED;
      case DISPATCHED -> {
        sale.shipment = ShipmentStatus.DELIVERED;
        sale.deliveredAt = at;
        Outcome outcome = recorded(StreamRef.shipment(sale.order.orderId()));
        if (sale.open()) {
          change(sale, PaymentStatus.CAPTURED, PaymentStatus.AUTHORIZED);
          sale.status = OrderStatus.COMPLETED;
          sale.completedAt = at;
          reacted(sale, StreamRef.order(sale.order.orderId()));
        }
        yield outcome;
      }
    };
  }

  private Outcome end(Sale sale, OrderStatus how, Instant at) {
    if (sale.status == OrderStatus.NONE) {
      return new Outcome.Rejected("ordering", "order-not-placed");
    }
    if (!sale.open()) {
      return new Outcome.Rejected("ordering", "order-not-open");
    }
    sale.status = how;
    sale.endedAt = at;
    Outcome outcome = recorded(StreamRef.order(sale.order.orderId()));
    refundAll(sale);
    if (sale.shipment == ShipmentStatus.REQUESTED) {
      sale.shipment = ShipmentStatus.CANCELLED;
      recorded(StreamRef.shipment(sale.order.orderId()));
    }
    return outcome;
  }

  private void refundAll(Sale sale) {
    change(sale, PaymentStatus.REFUNDED, PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED);
  }

  private void change(Sale sale, PaymentStatus to, PaymentStatus... from) {
    Set<PaymentStatus> changed = Set.of(from);
    sale.payments.replaceAll(
        (id, status) -> {
          if (!changed.contains(status)) {
            return status;
          }
          recorded(StreamRef.payment(id));
          return to;
        });
  }

  private void reacted(Sale sale, StreamRef stream) {
    recorded(stream);
    sale.unawaited.add(new StreamVersion(stream, streams.getOrDefault(stream, 0)));
  }

  private Outcome recorded(StreamRef stream) {
    streams.merge(stream, 1, Integer::sum);
    return Outcome.ACCEPTED;
  }

  // ---- the views ----

  private Expected results(List<ExpectedStep> steps) {
    TreeMap<String, OrderRow> orders = new TreeMap<>();
    TreeMap<String, SellerTotals> sellers = new TreeMap<>();
    TreeMap<LocalDate, DayRow> days = new TreeMap<>();
    List<String> refused = new ArrayList<>();
    for (Sale sale : sales.values()) {
      if (sale.placedAt == null) {
        refused.add(sale.order.orderId());
        continue;
      }
      OrderRow row = row(sale, sale.placedAt);
      orders.put(row.orderId(), row);
      boolean ended = row.cancelledAt() != null || row.rejectedAt() != null;
      boolean sold = row.confirmedAt() != null && !ended;
      days.merge(
          day(sale.placedAt),
          new DayRow(
              1,
              sold ? row.items() : ZERO,
              row.cancelledAt() != null ? 1 : 0,
              row.rejectedAt() != null ? 1 : 0),
          DayRow::plus);
      for (String seller : row.sellers()) {
        SellerTotals totals = sellers.computeIfAbsent(seller, _ -> new SellerTotals());
        if (sold) {
          totals.orders++;
          for (Item item : sale.order.items()) {
            if (item.sellerId().equals(seller)) {
              totals.units++;
              totals.revenue = totals.revenue.add(item.price());
            }
          }
        }
        if (row.late() && !ended) {
          totals.late++;
        }
        for (PostedReview review : sale.reviews) {
          totals.reviews++;
          totals.score += review.score;
        }
      }
    }
    TreeMap<String, SellerRow> sellerRows = new TreeMap<>();
    sellers.forEach((id, totals) -> sellerRows.put(id, totals.row()));
    return new Expected(steps, orders, refused, sellerRows, days, streams);
  }

  private static final class SellerTotals {
    int orders;
    int units;
    BigDecimal revenue = ZERO;
    int late;
    int reviews;
    int score;

    SellerRow row() {
      return new SellerRow(orders, units, revenue, late, reviews, average(score, reviews));
    }
  }

  static @Nullable BigDecimal average(int sum, int count) {
    return count == 0
        ? null
        : BigDecimal.valueOf(sum).divide(BigDecimal.valueOf(count), 2, RoundingMode.HALF_UP);
  }

  private static OrderRow row(Sale sale, Instant placedAt) {
    Order order = sale.order;
    Instant deliveredAt = sale.deliveredAt;
    LocalDate promised = order.estimatedDelivery();
    PostedReview latest =
        sale.reviews.stream()
            .reduce(null, Model::later); // of two at the same instant, the greater id
    TreeSet<String> sellers = new TreeSet<>();
    order.items().forEach(item -> sellers.add(item.sellerId()));
    boolean cancelled = sale.status == OrderStatus.CANCELLED;
    boolean rejected = sale.status == OrderStatus.REJECTED;
    return new OrderRow(
        order.orderId(),
        order.customerId(),
        status(sale),
        sellers,
        order.items().stream()
            .map(i -> new OrderRow.Line(i.productId(), i.sellerId(), 1, i.price(), i.freight()))
            .toList(),
        sale.items,
        sale.freight,
        sale.items.add(sale.freight),
        sale.sum(PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED, PaymentStatus.REFUNDED),
        sale.sum(PaymentStatus.REFUNDED),
        promised,
        placedAt,
        sale.confirmedAt,
        sale.dispatchedAt,
        deliveredAt,
        sale.completedAt,
        cancelled ? sale.endedAt : null,
        rejected ? sale.endedAt : null,
        deliveredAt != null && promised != null && day(deliveredAt).isAfter(promised),
        cancelled ? order.status() : null,
        rejected ? order.status() : null,
        new TreeSet<>(sale.payments.keySet()),
        sale.shipment == ShipmentStatus.NONE ? null : order.orderId(),
        sale.reviews.size(),
        latest == null ? null : latest.score);
  }

  private static @Nullable PostedReview later(@Nullable PostedReview a, PostedReview b) {
    if (a == null) {
      return b;
    }
    int byTime = a.postedAt.compareTo(b.postedAt);
    return (byTime != 0 ? byTime : a.reviewId.compareTo(b.reviewId)) > 0 ? a : b;
  }

  private static String status(Sale sale) {
    if (sale.status == OrderStatus.CANCELLED) {
      return "cancelled";
    }
    if (sale.status == OrderStatus.REJECTED) {
      return "rejected";
    }
    if (sale.deliveredAt != null) {
      return "delivered";
    }
    if (sale.dispatchedAt != null) {
      return "shipped";
    }
    return sale.confirmedAt != null ? "confirmed" : "placed";
  }

  private static LocalDate day(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC).toLocalDate();
  }
}
