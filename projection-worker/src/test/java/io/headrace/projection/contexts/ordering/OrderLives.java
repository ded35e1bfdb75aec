package io.headrace.projection.contexts.ordering;

import static io.headrace.projection.platform.engine.ViewSpec.stream;

import io.headrace.events.contexts.ordering.OrderEvent.OrderCancelled;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCompleted;
import io.headrace.events.contexts.ordering.OrderEvent.OrderConfirmed;
import io.headrace.events.contexts.ordering.OrderEvent.OrderLine;
import io.headrace.events.contexts.ordering.OrderEvent.OrderPlaced;
import io.headrace.events.contexts.ordering.OrderEvent.OrderRejected;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentAuthorized;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentCaptured;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentDeclined;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentRefunded;
import io.headrace.events.contexts.payment.PaymentMethod;
import io.headrace.events.contexts.review.ReviewEvent.ReviewAnswered;
import io.headrace.events.contexts.review.ReviewEvent.ReviewPosted;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentCancelled;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDelivered;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDispatched;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentFailed;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentRequested;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.Money;
import io.headrace.projection.platform.engine.ViewSpec.Stream;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random lives of orders, as the deciders would let them happen; the same seed, the same life. */
public final class OrderLives {

  private OrderLives() {}

  /** The streams of one order: the order, its payments, its shipment, its reviews. */
  public static List<Stream> life(String id, Random random) {
    Instant placedAt =
        Instant.parse("2018-01-01T00:00:00Z")
            .plus(Duration.ofMinutes(random.nextInt(60 * 24 * 10)))
            .plusNanos(random.nextInt(1_000_000_000));
    List<OrderLine> lines = new ArrayList<>();
    for (int i = 0; i <= random.nextInt(3); i++) {
      lines.add(
          new OrderLine(
              "product-" + random.nextInt(50),
              "seller-" + random.nextInt(12),
              1 + random.nextInt(3),
              money(random.nextInt(20_000)),
              money(random.nextInt(3_000))));
    }
    Money items = money(0);
    Money freight = money(0);
    for (OrderLine line : lines) {
      items = items.plus(line.unitPrice().times(line.quantity()));
      freight = freight.plus(line.freight());
    }
    Money total = items.plus(freight);
    LocalDate promised =
        random.nextInt(5) == 0
            ? null
            : LocalDate.ofInstant(placedAt, ZoneOffset.UTC).plusDays(random.nextInt(12));

    List<DomainEvent> order = new ArrayList<>();
    order.add(
        new OrderPlaced(
            id,
            "customer-" + random.nextInt(30),
            lines,
            items,
            freight,
            total,
            promised,
            placedAt));
    List<Stream> streams = new ArrayList<>();
    Instant confirmedAt = placedAt.plus(Duration.ofHours(1 + random.nextInt(30)));
    boolean confirmed = random.nextInt(10) > 0;
    boolean fallsThrough = random.nextInt(5) == 0;
    boolean rejected = random.nextBoolean();
    List<DomainEvent> shipment = new ArrayList<>();
    if (confirmed) {
      order.add(new OrderConfirmed(id, confirmedAt));
      shipment.add(new ShipmentRequested(id, id, confirmedAt));
    }
    boolean dispatched = confirmed && random.nextInt(8) > 0;
    boolean delivered = dispatched && random.nextInt(8) > 0;
    if (dispatched) {
      Instant at = confirmedAt.plus(Duration.ofHours(1 + random.nextInt(50)));
      shipment.add(new ShipmentDispatched(id, id, at));
      if (random.nextInt(6) == 0) {
        at = at.plus(Duration.ofHours(5));
        shipment.add(new ShipmentFailed(id, id, "nobody there", at));
        at = at.plus(Duration.ofHours(5));
        shipment.add(new ShipmentDispatched(id, id, at));
      }
      if (delivered) {
        shipment.add(
            new ShipmentDelivered(id, id, at.plus(Duration.ofHours(1 + random.nextInt(200)))));
      }
    } else if (confirmed && fallsThrough) {
      shipment.add(new ShipmentCancelled(id, id, "order fell through", confirmedAt));
    }
    if (fallsThrough) {
      order.add(
          rejected
              ? new OrderRejected(id, "out of stock", confirmedAt.plusSeconds(60))
              : new OrderCancelled(id, "changed my mind", confirmedAt.plusSeconds(60)));
    } else if (delivered) {
      order.add(new OrderCompleted(id, confirmedAt.plus(Duration.ofDays(10))));
    }
    streams.add(new Stream("order-" + id, order));

    int payments = 1 + random.nextInt(2);
    for (int i = 0; i < payments; i++) {
      String paymentId = id + "-" + (i + 1);
      Money amount = i == 0 && payments == 2 ? money(1 + random.nextInt(500)) : total;
      List<DomainEvent> payment = new ArrayList<>();
      if (!confirmed && random.nextBoolean()) {
        payment.add(
            new PaymentDeclined(
                paymentId, id, PaymentMethod.CREDIT_CARD, amount, "no funds", placedAt));
      } else {
        payment.add(
            new PaymentAuthorized(
                paymentId, id, PaymentMethod.VOUCHER, 1, amount, placedAt.plusSeconds(30)));
        if (fallsThrough) {
          payment.add(
              new PaymentRefunded(paymentId, id, amount, "order fell through", confirmedAt));
        } else if (delivered) {
          payment.add(new PaymentCaptured(paymentId, id, amount, confirmedAt));
        }
      }
      streams.add(new Stream("payment-" + paymentId, payment));
    }
    if (!shipment.isEmpty()) {
      streams.add(new Stream("shipment-" + id, shipment));
    }
    for (int i = 0; i < random.nextInt(3); i++) {
      String reviewId = "review-of-" + id + "-" + i;
      Instant at = confirmedAt.plus(Duration.ofDays(12 + random.nextInt(2)));
      DomainEvent posted =
          new ReviewPosted(reviewId, id, 1 + random.nextInt(5), null, "não gostei", at);
      streams.add(
          random.nextBoolean()
              ? stream("review-" + reviewId, posted)
              : stream(
                  "review-" + reviewId,
                  posted,
                  new ReviewAnswered(reviewId, id, "sorry", at.plusSeconds(5))));
    }
    return streams;
  }

  private static Money money(int cents) {
    return new Money(java.math.BigDecimal.valueOf(cents, 2), "BRL");
  }
}
