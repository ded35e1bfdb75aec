package io.headrace.command.contexts.ordering;

import static io.headrace.command.platform.spi.Decision.accept;
import static io.headrace.command.platform.spi.Decision.reject;

import io.headrace.command.contexts.ordering.Order.Cancelled;
import io.headrace.command.contexts.ordering.Order.Completed;
import io.headrace.command.contexts.ordering.Order.Confirmed;
import io.headrace.command.contexts.ordering.Order.None;
import io.headrace.command.contexts.ordering.Order.Placed;
import io.headrace.command.contexts.ordering.Order.Rejected;
import io.headrace.command.contexts.ordering.OrderCommand.CancelOrder;
import io.headrace.command.contexts.ordering.OrderCommand.CompleteOrder;
import io.headrace.command.contexts.ordering.OrderCommand.ConfirmOrder;
import io.headrace.command.contexts.ordering.OrderCommand.Line;
import io.headrace.command.contexts.ordering.OrderCommand.PlaceOrder;
import io.headrace.command.contexts.ordering.OrderCommand.RejectOrder;
import io.headrace.command.contexts.ordering.OrderRejection.CurrenciesDiffer;
import io.headrace.command.contexts.ordering.OrderRejection.OrderAlreadyPlaced;
import io.headrace.command.contexts.ordering.OrderRejection.OrderHasNoLines;
import io.headrace.command.contexts.ordering.OrderRejection.OrderNotConfirmed;
import io.headrace.command.contexts.ordering.OrderRejection.OrderNotOpen;
import io.headrace.command.contexts.ordering.OrderRejection.OrderNotPlaced;
import io.headrace.command.contexts.ordering.OrderRejection.OrderTotalTooLarge;
import io.headrace.command.platform.spi.Decider;
import io.headrace.command.platform.spi.Decision;
import io.headrace.events.contexts.ordering.OrderEvent;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCancelled;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCompleted;
import io.headrace.events.contexts.ordering.OrderEvent.OrderConfirmed;
import io.headrace.events.contexts.ordering.OrderEvent.OrderLine;
import io.headrace.events.contexts.ordering.OrderEvent.OrderPlaced;
import io.headrace.events.contexts.ordering.OrderEvent.OrderRejected;
import io.headrace.events.platform.Money;
import java.math.BigDecimal;
import java.util.List;

final class OrderDecider implements Decider<OrderCommand, Order, OrderEvent, OrderRejection> {

  /** The first amount that {@link Money} refuses. */
  private static final BigDecimal TOO_LARGE = BigDecimal.TEN.pow(15);

  private record When(Order order, OrderCommand command) {}

  private record Then(Order order, OrderEvent event) {}

  @Override
  public Order initial() {
    return new None();
  }

  @Override
  public Decision<OrderEvent, OrderRejection> decide(OrderCommand command, Order order) {
    return switch (new When(order, command)) {
      case When(None _, PlaceOrder c) -> place(c);
      case When(_, PlaceOrder c) -> reject(new OrderAlreadyPlaced(c.orderId()));

      case When(None _, ConfirmOrder c) -> reject(new OrderNotPlaced(c.orderId()));
      case When(None _, CancelOrder c) -> reject(new OrderNotPlaced(c.orderId()));
      case When(None _, RejectOrder c) -> reject(new OrderNotPlaced(c.orderId()));
      case When(None _, CompleteOrder c) -> reject(new OrderNotPlaced(c.orderId()));

      case When(Placed _, ConfirmOrder c) -> accept(new OrderConfirmed(c.orderId(), c.at()));
      case When(Confirmed _, ConfirmOrder _) -> accept();
      case When(Completed _, ConfirmOrder c) -> reject(new OrderNotOpen(c.orderId(), "completed"));
      case When(Cancelled _, ConfirmOrder c) -> reject(new OrderNotOpen(c.orderId(), "cancelled"));
      case When(Rejected _, ConfirmOrder c) -> reject(new OrderNotOpen(c.orderId(), "rejected"));

      case When(Placed _, CancelOrder c) -> cancel(c);
      case When(Confirmed _, CancelOrder c) -> cancel(c);
      case When(Completed _, CancelOrder c) -> reject(new OrderNotOpen(c.orderId(), "completed"));
      case When(Cancelled _, CancelOrder _) -> accept();
      case When(Rejected _, CancelOrder c) -> reject(new OrderNotOpen(c.orderId(), "rejected"));

      case When(Placed _, RejectOrder c) -> refuse(c);
      case When(Confirmed _, RejectOrder c) -> refuse(c);
      case When(Completed _, RejectOrder c) -> reject(new OrderNotOpen(c.orderId(), "completed"));
      case When(Cancelled _, RejectOrder c) -> reject(new OrderNotOpen(c.orderId(), "cancelled"));
      case When(Rejected _, RejectOrder _) -> accept();

      case When(Placed _, CompleteOrder c) -> reject(new OrderNotConfirmed(c.orderId()));
      case When(Confirmed _, CompleteOrder c) -> accept(new OrderCompleted(c.orderId(), c.at()));
      case When(Completed _, CompleteOrder _) -> accept();
      case When(Cancelled _, CompleteOrder c) -> reject(new OrderNotOpen(c.orderId(), "cancelled"));
      case When(Rejected _, CompleteOrder c) -> reject(new OrderNotOpen(c.orderId(), "rejected"));
    };
  }

  private static Decision<OrderEvent, OrderRejection> place(PlaceOrder c) {
    if (c.lines().isEmpty()) {
      return reject(new OrderHasNoLines(c.orderId()));
    }
    String currency = c.lines().getFirst().unitPrice().currency();
    BigDecimal items = BigDecimal.ZERO;
    BigDecimal freight = BigDecimal.ZERO;
    for (Line line : c.lines()) {
      for (Money money : List.of(line.unitPrice(), line.freight())) {
        if (!money.currency().equals(currency)) {
          return reject(new CurrenciesDiffer(c.orderId(), currency, money.currency()));
        }
      }
      items = items.add(line.unitPrice().amount().multiply(BigDecimal.valueOf(line.quantity())));
      freight = freight.add(line.freight().amount());
    }
    if (items.add(freight).compareTo(TOO_LARGE) >= 0) {
      return reject(new OrderTotalTooLarge(c.orderId()));
    }
    return accept(
        new OrderPlaced(
            c.orderId(),
            c.customerId(),
            c.lines().stream().map(OrderDecider::line).toList(),
            new Money(items, currency),
            new Money(freight, currency),
            new Money(items.add(freight), currency),
            c.promisedDelivery(),
            c.at()));
  }

  private static OrderLine line(Line line) {
    return new OrderLine(
        line.productId(), line.sellerId(), line.quantity(), line.unitPrice(), line.freight());
  }

  private static Decision<OrderEvent, OrderRejection> cancel(CancelOrder c) {
    return accept(new OrderCancelled(c.orderId(), c.reason(), c.at()));
  }

  private static Decision<OrderEvent, OrderRejection> refuse(RejectOrder c) {
    return accept(new OrderRejected(c.orderId(), c.reason(), c.at()));
  }

  @Override
  public Order evolve(Order order, OrderEvent event) {
    return switch (new Then(order, event)) {
      case Then(_, OrderPlaced e) -> new Placed(e);
      case Then(Placed(OrderPlaced o), OrderConfirmed e) -> new Confirmed(o, e.confirmedAt());
      case Then(Confirmed(OrderPlaced o, _), OrderCompleted e) -> new Completed(o, e.completedAt());
      case Then(Placed(OrderPlaced o), OrderCancelled e) ->
          new Cancelled(o, e.reason(), e.cancelledAt());
      case Then(Confirmed(OrderPlaced o, _), OrderCancelled e) ->
          new Cancelled(o, e.reason(), e.cancelledAt());
      case Then(Placed(OrderPlaced o), OrderRejected e) ->
          new Rejected(o, e.reason(), e.rejectedAt());
      case Then(Confirmed(OrderPlaced o, _), OrderRejected e) ->
          new Rejected(o, e.reason(), e.rejectedAt());
      // The decider never emits the rest; a recorded event is not refused, it changes nothing.
      case Then(Order other, OrderConfirmed _) -> other;
      case Then(Order other, OrderCompleted _) -> other;
      case Then(Order other, OrderCancelled _) -> other;
      case Then(Order other, OrderRejected _) -> other;
    };
  }
}
