package io.headrace.projection.contexts.ordering;

import io.headrace.events.contexts.ordering.OrderEvent;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCancelled;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCompleted;
import io.headrace.events.contexts.ordering.OrderEvent.OrderConfirmed;
import io.headrace.events.contexts.ordering.OrderEvent.OrderPlaced;
import io.headrace.events.contexts.ordering.OrderEvent.OrderRejected;
import io.headrace.events.contexts.payment.PaymentEvent;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentAuthorized;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentCaptured;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentDeclined;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentRefunded;
import io.headrace.events.contexts.review.ReviewEvent;
import io.headrace.events.contexts.review.ReviewEvent.ReviewAnswered;
import io.headrace.events.contexts.review.ReviewEvent.ReviewPosted;
import io.headrace.events.contexts.shipping.ShipmentEvent;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentCancelled;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDelivered;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDispatched;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentFailed;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentRequested;
import io.headrace.projection.contexts.ordering.OrderRow.Line;
import io.headrace.projection.contexts.ordering.OrderRow.Payment;
import io.headrace.projection.contexts.ordering.OrderRow.Review;
import io.headrace.projection.platform.view.Occurrence;
import io.headrace.projection.platform.view.Rollup;
import io.headrace.projection.platform.view.Source;
import io.headrace.projection.platform.view.View;
import jakarta.inject.Singleton;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One row per order, whatever the order in which its four contexts are heard of. */
@Singleton
public final class OrdersView implements View<OrderRow> {

  @Override
  public String name() {
    return "orders";
  }

  @Override
  public Class<OrderRow> rowType() {
    return OrderRow.class;
  }

  @Override
  public List<Source<OrderRow, ?>> sources() {
    return List.of(
        Source.of(OrderEvent.EVENTS, OrderEvent::orderId, OrdersView::evolve),
        Source.of(PaymentEvent.EVENTS, PaymentEvent::orderId, OrdersView::evolve),
        Source.of(ShipmentEvent.EVENTS, ShipmentEvent::orderId, OrdersView::evolve),
        Source.<OrderRow, ReviewEvent>of(
                ReviewEvent.EVENTS, ReviewEvent::orderId, OrdersView::evolve)
            .ignoring(Set.of(ReviewAnswered.class)));
  }

  @Override
  public List<Rollup<OrderRow, ?, ?>> rollups() {
    return List.of(new SellersRollup(), new DailySalesRollup());
  }

  private static OrderRow evolve(@Nullable OrderRow row, OrderEvent event, Occurrence occurrence) {
    OrderDraft draft = OrderDraft.of(row, event.orderId());
    switch (event) {
      case OrderPlaced e -> {
        draft.customerId = e.customerId();
        draft.items = e.items();
        draft.freight = e.freight();
        draft.total = e.total();
        draft.lines =
            e.lines().stream()
                .map(
                    l ->
                        new Line(
                            l.productId(), l.sellerId(), l.quantity(), l.unitPrice(), l.freight()))
                .toList();
        draft.promisedDelivery = e.promisedDelivery();
        draft.placedAt = e.placedAt();
      }
      case OrderConfirmed e -> draft.confirmedAt = e.confirmedAt();
      case OrderCancelled e -> {
        draft.cancelledAt = e.cancelledAt();
        draft.cancelReason = e.reason();
      }
      case OrderRejected e -> {
        draft.rejectedAt = e.rejectedAt();
        draft.rejectReason = e.reason();
      }
      case OrderCompleted e -> draft.completedAt = e.completedAt();
    }
    return draft.row();
  }

  private static OrderRow evolve(
      @Nullable OrderRow row, PaymentEvent event, Occurrence occurrence) {
    OrderDraft draft = OrderDraft.of(row, event.orderId());
    Payment before = draft.payments.get(event.paymentId());
    Payment after =
        switch (event) {
          case PaymentAuthorized e -> new Payment(Payment.AUTHORIZED, e.amount(), null);
          case PaymentDeclined e -> new Payment(Payment.DECLINED, e.amount(), null);
          case PaymentCaptured _ ->
              new Payment(Payment.CAPTURED, before == null ? null : before.amount(), null);
          case PaymentRefunded e ->
              new Payment(Payment.REFUNDED, before == null ? null : before.amount(), e.amount());
        };
    draft.payment(event.paymentId(), after);
    return draft.row();
  }

  private static OrderRow evolve(
      @Nullable OrderRow row, ShipmentEvent event, Occurrence occurrence) {
    OrderDraft draft = OrderDraft.of(row, event.orderId());
    // There is one shipment to an order. Should there be more, the choice must not depend on which
    // came first.
    if (draft.shipmentId == null || event.shipmentId().compareTo(draft.shipmentId) < 0) {
      draft.shipmentId = event.shipmentId();
    }
    switch (event) {
      case ShipmentDispatched e -> draft.shippedAt = later(draft.shippedAt, e.dispatchedAt());
      case ShipmentDelivered e -> draft.deliveredAt = later(draft.deliveredAt, e.deliveredAt());
      case ShipmentRequested _, ShipmentCancelled _, ShipmentFailed _ -> {}
    }
    return draft.row();
  }

  private static OrderRow evolve(@Nullable OrderRow row, ReviewEvent event, Occurrence occurrence) {
    OrderDraft draft = OrderDraft.of(row, event.orderId());
    switch (event) {
      case ReviewPosted e -> draft.review(e.reviewId(), new Review(e.score(), e.postedAt()));
      case ReviewAnswered _ -> {}
    }
    return draft.row();
  }

  private static Instant later(@Nullable Instant a, Instant b) {
    return a == null || b.isAfter(a) ? b : a;
  }
}
