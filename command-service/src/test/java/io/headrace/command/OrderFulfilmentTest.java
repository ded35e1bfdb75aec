package io.headrace.command;

import io.headrace.command.contexts.ordering.OrderDefinition;
import io.headrace.command.contexts.ordering.OrderFulfilment;
import io.headrace.command.contexts.payment.PaymentDefinition;
import io.headrace.command.contexts.shipping.ShipmentDefinition;
import io.headrace.command.platform.spi.ProcessSpec;
import io.headrace.command.platform.spi.Reaction;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCancelled;
import io.headrace.events.contexts.ordering.OrderEvent.OrderConfirmed;
import io.headrace.events.contexts.ordering.OrderEvent.OrderPlaced;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentAuthorized;
import io.headrace.events.contexts.payment.PaymentMethod;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDelivered;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentRequested;
import io.headrace.events.platform.Money;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is sent, one event at a time; {@link ReactionsTest} has it meet the deciders. */
class OrderFulfilmentTest {

  private static final Instant T0 = Instant.parse("2018-01-01T10:00:00Z");
  private static final Instant T1 = Instant.parse("2018-01-02T10:00:00Z");
  private static final Instant T2 = Instant.parse("2018-01-03T10:00:00Z");
  private static final Money TOTAL = Money.of("28.50", "BRL");

  private static final OrderPlaced PLACED =
      new OrderPlaced("o1", "c1", List.of(), TOTAL, Money.zero("BRL"), TOTAL, null, T0);
  private static final PaymentAuthorized PAID =
      new PaymentAuthorized("p1", "o1", PaymentMethod.CREDIT_CARD, 1, TOTAL, T1);
  private static final OrderConfirmed CONFIRMED = new OrderConfirmed("o1", T1);

  private final ProcessSpec<?> fulfilment =
      ProcessSpec.of(
          new OrderFulfilment(),
          new OrderDefinition(),
          new PaymentDefinition(),
          new ShipmentDefinition());

  @Test
  void the_payment_that_completes_the_total_confirms_the_order() {
    Reaction confirm =
        new Reaction("confirm", "ordering", "orders", "o1", "confirm-order", Map.of("at", T1));
    fulfilment.given(PLACED, PAID).thenSends(confirm);
    fulfilment.given(PAID, PLACED).thenSends(confirm);
    fulfilment.given(PAID).thenSendsNothing();
  }

  @Test
  void a_confirmed_order_is_shipped() {
    fulfilment
        .given(PLACED, PAID, CONFIRMED)
        .thenSends(
            new Reaction(
                "ship",
                "shipping",
                "shipments",
                "o1",
                "request-shipment",
                Map.of("orderId", "o1", "at", T1)));
  }

  @Test
  void a_delivery_captures_the_payments_and_completes_the_order() {
    fulfilment
        .given(PLACED, PAID, CONFIRMED, new ShipmentDelivered("o1", "o1", T2))
        .thenSends(
            new Reaction(
                "capture-p1", "payment", "payments", "p1", "capture-payment", Map.of("at", T2)),
            new Reaction(
                "complete", "ordering", "orders", "o1", "complete-order", Map.of("at", T2)));
  }

  @Test
  void a_cancelled_order_gives_the_money_back_and_stops_the_shipment() {
    Map<String, Object> because = Map.of("reason", "the order was cancelled", "at", T2);
    fulfilment
        .given(
            PLACED,
            PAID,
            CONFIRMED,
            new ShipmentRequested("o1", "o1", T1),
            new OrderCancelled("o1", "changed my mind", T2))
        .thenSends(
            new Reaction("refund-p1", "payment", "payments", "p1", "refund-payment", because),
            new Reaction("cancel-o1", "shipping", "shipments", "o1", "cancel-shipment", because));
  }
}
