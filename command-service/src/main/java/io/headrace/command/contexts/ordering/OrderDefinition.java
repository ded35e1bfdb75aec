package io.headrace.command.contexts.ordering;

import io.headrace.command.platform.spi.AggregateDefinition;
import io.headrace.command.platform.spi.Decider;
import io.headrace.events.contexts.ordering.OrderEvent;
import io.headrace.events.platform.ContextEvents;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;

@ApplicationScoped
public class OrderDefinition
    implements AggregateDefinition<OrderCommand, Order, OrderEvent, OrderRejection> {

  @Override
  public String aggregate() {
    return "order";
  }

  @Override
  public String collection() {
    return "orders";
  }

  @Override
  public ContextEvents<OrderEvent> events() {
    return OrderEvent.EVENTS;
  }

  @Override
  public Class<OrderCommand> commandRoot() {
    return OrderCommand.class;
  }

  @Override
  public List<Class<? extends OrderCommand>> commandTypes() {
    return List.of(
        OrderCommand.PlaceOrder.class,
        OrderCommand.ConfirmOrder.class,
        OrderCommand.CancelOrder.class,
        OrderCommand.RejectOrder.class,
        OrderCommand.CompleteOrder.class);
  }

  @Override
  public Class<Order> stateType() {
    return Order.class;
  }

  @Override
  public Decider<OrderCommand, Order, OrderEvent, OrderRejection> decider() {
    return new OrderDecider();
  }
}
