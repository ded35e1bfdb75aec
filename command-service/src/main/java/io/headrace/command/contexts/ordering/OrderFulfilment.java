package io.headrace.command.contexts.ordering;

import io.headrace.command.contexts.ordering.OrderProcess.Closed;
import io.headrace.command.contexts.ordering.OrderProcess.Paid;
import io.headrace.command.platform.spi.ProcessManager;
import io.headrace.command.platform.spi.Reaction;
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
import io.headrace.events.contexts.shipping.ShipmentEvent;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentCancelled;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDelivered;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDispatched;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentFailed;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentRequested;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.RecordedEvent;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Carries an order from its payment to its delivery, and takes back what was done when the order is
 * withdrawn. The topics come in any order, so each rule stands at every event that may be the last
 * one it needs.
 */
@ApplicationScoped
public class OrderFulfilment implements ProcessManager<OrderProcess> {

  @Override
  public String name() {
    return "order-fulfilment";
  }

  @Override
  public String context() {
    return "ordering";
  }

  @Override
  public Set<String> contexts() {
    return Set.of("ordering", "payment", "shipping");
  }

  @Override
  public String keyOf(DomainEvent event) {
    return event.partitionKey();
  }

  @Override
  public Class<OrderProcess> stateType() {
    return OrderProcess.class;
  }

  @Override
  public OrderProcess initial() {
    return OrderProcess.NOTHING;
  }

  @Override
  public OrderProcess evolve(OrderProcess process, DomainEvent event) {
    return switch (event) {
      case OrderEvent e ->
          switch (e) {
            case OrderPlaced placed -> process.placed(placed.total(), placed.placedAt());
            case OrderConfirmed confirmed -> process.confirmed(confirmed.confirmedAt());
            case OrderCompleted completed -> process.completed(completed.completedAt());
            case OrderCancelled cancelled -> process.closed("cancelled", cancelled.cancelledAt());
            case OrderRejected rejected -> process.closed("rejected", rejected.rejectedAt());
          };
      case PaymentEvent e ->
          switch (e) {
            case PaymentAuthorized authorized ->
                process.authorized(
                    authorized.paymentId(), authorized.amount(), authorized.authorizedAt());
            case PaymentCaptured captured ->
                process.captured(captured.paymentId(), captured.capturedAt());
            case PaymentRefunded refunded ->
                process.refunded(refunded.paymentId(), refunded.refundedAt());
            case PaymentDeclined _ -> process;
          };
      case ShipmentEvent e ->
          switch (e) {
            case ShipmentRequested requested -> process.requested(requested.shipmentId());
            case ShipmentCancelled cancelled -> process.leftOrCancelled(cancelled.shipmentId());
            case ShipmentDispatched dispatched -> process.leftOrCancelled(dispatched.shipmentId());
            case ShipmentDelivered delivered -> process.delivered(delivered.deliveredAt());
            case ShipmentFailed _ -> process;
          };
      // DomainEvent is open; the events of other contexts never come here.
      default -> process;
    };
  }

  @Override
  public List<Reaction> react(OrderProcess process, DomainEvent event, RecordedEvent recorded) {
    return switch (event) {
      case OrderPlaced e -> join(confirmIfPaid(process, e.orderId()), refundForeign(process));
      case OrderConfirmed e ->
          join(requestShipment(process, e), completeIfDelivered(process, e.orderId()));
      case OrderCancelled _ -> takeBack(process);
      case OrderRejected _ -> takeBack(process);
      case PaymentAuthorized e -> paymentAuthorized(process, e);
      case ShipmentRequested _ -> process.closed() == null ? List.of() : takeBack(process);
      case ShipmentDelivered e ->
          join(captureAll(process), completeIfDelivered(process, e.orderId()));
      default -> List.of();
    };
  }

  private static List<Reaction> paymentAuthorized(OrderProcess process, PaymentAuthorized e) {
    if (process.closed() != null) {
      return takeBack(process);
    }
    List<Reaction> refunds = refundForeign(process);
    List<Reaction> captures = process.deliveredAt() == null ? List.of() : captureAll(process);
    return join(confirmIfPaid(process, e.orderId()), join(refunds, captures));
  }

  private static List<Reaction> confirmIfPaid(OrderProcess process, String orderId) {
    if (process.closed() != null || process.confirmedAt() != null) {
      return List.of();
    }
    return process
        .paidAt()
        .map(at -> reaction("confirm", "ordering", "orders", orderId, "confirm-order", at))
        .map(List::of)
        .orElse(List.of());
  }

  private static List<Reaction> requestShipment(OrderProcess process, OrderConfirmed e) {
    if (process.closed() != null) {
      return List.of();
    }
    return List.of(
        new Reaction(
            "ship",
            "shipping",
            "shipments",
            e.orderId(),
            "request-shipment",
            Map.of("orderId", e.orderId(), "at", e.confirmedAt())));
  }

  private static List<Reaction> completeIfDelivered(OrderProcess process, String orderId) {
    Instant at = process.deliveredAt();
    if (at == null || process.closed() != null || process.completedAt() != null) {
      return List.of();
    }
    return List.of(reaction("complete", "ordering", "orders", orderId, "complete-order", at));
  }

  private static List<Reaction> captureAll(OrderProcess process) {
    Instant deliveredAt = process.deliveredAt();
    if (deliveredAt == null || process.closed() != null) {
      return List.of();
    }
    List<Reaction> reactions = new ArrayList<>();
    process
        .payments()
        .forEach(
            (id, paid) -> {
              if (paid.open() && !process.foreign(paid)) {
                Instant at = OrderProcess.later(deliveredAt, paid.authorizedAt());
                reactions.add(
                    reaction("capture-" + id, "payment", "payments", id, "capture-payment", at));
              }
            });
    return reactions;
  }

  /** Refunds what was paid, and cancels what has not left. */
  private static List<Reaction> takeBack(OrderProcess process) {
    Closed closed = process.closed();
    if (closed == null) {
      return List.of();
    }
    String reason = "the order was " + closed.how();
    List<Reaction> reactions = new ArrayList<>();
    process
        .payments()
        .forEach(
            (id, paid) -> {
              if (paid.refundedAt() == null) {
                reactions.add(
                    refund(id, reason, OrderProcess.later(closed.at(), paid.authorizedAt())));
              }
            });
    for (String id : process.undispatched()) {
      reactions.add(
          new Reaction(
              "cancel-" + id,
              "shipping",
              "shipments",
              id,
              "cancel-shipment",
              Map.of("reason", reason, "at", closed.at())));
    }
    return reactions;
  }

  /** Money of another currency cannot pay for the order, so it goes back. */
  private static List<Reaction> refundForeign(OrderProcess process) {
    List<Reaction> reactions = new ArrayList<>();
    process
        .payments()
        .forEach(
            (id, paid) -> {
              if (process.foreign(paid) && paid.refundedAt() == null) {
                reactions.add(
                    refund(id, "the order is in another currency", refundTime(process, paid)));
              }
            });
    return reactions;
  }

  private static Instant refundTime(OrderProcess process, Paid paid) {
    Instant placedAt = process.placedAt();
    return placedAt == null
        ? paid.authorizedAt()
        : OrderProcess.later(placedAt, paid.authorizedAt());
  }

  private static Reaction refund(String paymentId, String reason, Instant at) {
    return new Reaction(
        "refund-" + paymentId,
        "payment",
        "payments",
        paymentId,
        "refund-payment",
        Map.of("reason", reason, "at", at));
  }

  private static Reaction reaction(
      String step, String context, String collection, String id, String command, Instant at) {
    return new Reaction(step, context, collection, id, command, Map.of("at", at));
  }

  private static List<Reaction> join(List<Reaction> first, List<Reaction> second) {
    List<Reaction> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }
}
