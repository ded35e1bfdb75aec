package io.headrace.localstack;

import java.util.concurrent.ThreadLocalRandom;

/**
 * A first walk through the APIs, to be pasted as it is; each printing has ids of its own, so that
 * it works every time.
 */
final class CurlSession {
  private CurlSession() {}

  static String of(StackPorts ports) {
    String id = "%08x".formatted(ThreadLocalRandom.current().nextInt());
    return """
    # place an order and authorise its total
    curl -sw '\\n' localhost:%1$d/ordering/orders/order-%3$s/place-order -H 'Content-Type: application/json' \\
      -d '{"customerId":"ada","lines":[{"productId":"lamp","sellerId":"northern-lights","quantity":2,"unitPrice":{"amount":"49.90","currency":"BRL"},"freight":{"amount":"12.50","currency":"BRL"}}]}'
    curl -sw '\\n' localhost:%1$d/payment/payments/payment-%3$s/authorize-payment -H 'Content-Type: application/json' \\
      -d '{"orderId":"order-%3$s","method":"credit_card","installments":1,"amount":{"amount":"112.30","currency":"BRL"}}'
    # it is confirmed by itself; the view says so within moments
    until curl -s localhost:%2$d/orders/order-%3$s | grep '"confirmed"'; do sleep 0.5; done
    # so a shipment is requested; dispatch and deliver it
    until curl -sfw '\\n' localhost:%1$d/shipping/shipments/order-%3$s/dispatch-shipment -H 'Content-Type: application/json' -d '{}'; do sleep 0.5; done
    curl -sw '\\n' localhost:%1$d/shipping/shipments/order-%3$s/deliver-shipment -H 'Content-Type: application/json' -d '{}'
    # the payment is captured and the order completed by themselves
    until curl -s localhost:%2$d/orders/order-%3$s | grep -o '"completedAt":"[^"]*"'; do sleep 0.5; done
    # its events, and its seller
    curl -sw '\\n' localhost:%1$d/ordering/orders/order-%3$s/events
    curl -sw '\\n' localhost:%2$d/sellers/northern-lights"""
        .formatted(ports.command(), ports.query(), id);
  }
}
