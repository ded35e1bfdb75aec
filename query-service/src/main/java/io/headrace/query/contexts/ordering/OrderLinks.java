package io.headrace.query.contexts.ordering;

import io.headrace.query.platform.view.Link;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/** Where to go from an order, and what its state allows, in all contexts that take part in it. */
final class OrderLinks {

  private static final String ORDERING = "ordering";
  private static final String ORDERS = "orders";
  private static final String SHIPPING = "shipping";
  private static final String SHIPMENTS = "shipments";
  private static final String PAYMENT = "payment";
  private static final String PAYMENTS = "payments";

  private OrderLinks() {}

  static List<Link> of(Order order, SortedMap<String, OrderPayment> payments) {
    var links = new ArrayList<Link>();
    links.add(
        Link.to(
            "customer-orders", "The customer's orders", "customers", order.customerId(), ORDERS));
    for (var seller : order.sellers()) {
      links.add(Link.to("seller", "The totals of a seller of it", "sellers", seller));
    }
    links.addAll(ofOrder(order));
    links.addAll(ofShipment(order));
    payments.forEach((id, payment) -> links.addAll(ofPayment(id, payment)));
    links.add(Link.creation("review", "reviews", "reviewId", "post-review", "Review the order"));
    return links;
  }

  private static List<Link> ofOrder(Order order) {
    if (order.completedAt() != null || order.cancelledAt() != null || order.rejectedAt() != null) {
      return List.of();
    }
    var cancel =
        Link.command(ORDERING, ORDERS, order.orderId(), "cancel-order", "Cancel the order");
    var reject =
        Link.command(ORDERING, ORDERS, order.orderId(), "reject-order", "Reject the order");
    return order.confirmedAt() == null
        ? List.of(
            Link.creation(
                PAYMENT, PAYMENTS, "paymentId", "authorize-payment", "Authorize a payment of it"),
            Link.command(ORDERING, ORDERS, order.orderId(), "confirm-order", "Confirm the order"),
            cancel,
            reject)
        : List.of(
            Link.command(ORDERING, ORDERS, order.orderId(), "complete-order", "Complete the order"),
            cancel,
            reject);
  }

  private static List<Link> ofShipment(Order order) {
    if (order.shipmentId() == null || order.deliveredAt() != null) {
      return List.of();
    }
    if (order.shippedAt() != null) {
      return List.of(
          Link.command(
              SHIPPING, SHIPMENTS, order.shipmentId(), "deliver-shipment", "It has arrived"),
          Link.command(
              SHIPPING, SHIPMENTS, order.shipmentId(), "fail-shipment", "It has not arrived"));
    }
    // An order that is cancelled or rejected has its shipment cancelled.
    return order.cancelledAt() != null || order.rejectedAt() != null
        ? List.of()
        : List.of(
            Link.command(
                SHIPPING, SHIPMENTS, order.shipmentId(), "dispatch-shipment", "Send it off"),
            Link.command(
                SHIPPING, SHIPMENTS, order.shipmentId(), "cancel-shipment", "Do not send it off"));
  }

  private static List<Link> ofPayment(String paymentId, OrderPayment payment) {
    return switch (payment.state()) {
      case "authorized" ->
          List.of(
              Link.command(PAYMENT, PAYMENTS, paymentId, "capture-payment", "Capture " + paymentId),
              Link.command(PAYMENT, PAYMENTS, paymentId, "refund-payment", "Refund " + paymentId));
      case "captured" ->
          List.of(
              Link.command(PAYMENT, PAYMENTS, paymentId, "refund-payment", "Refund " + paymentId));
      default -> List.of();
    };
  }
}
