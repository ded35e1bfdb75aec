package io.headrace.systemtests.replay;

import io.headrace.systemtests.olist.OlistData;
import io.headrace.systemtests.olist.OlistData.Order;
import io.headrace.systemtests.olist.OlistData.Payment;
import io.headrace.systemtests.olist.OlistData.Review;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Plans the steps of all orders, in the order in which they happened. */
public final class Timeline {

  /**
   * What happened at the same instant happened in this order; then the order id decides, so that
   * two plans of the same data are the same. The sort is stable: payments and reviews of one order
   * keep their order.
   */
  private static final Comparator<Step> BY_TIME =
      Comparator.comparing(Step::at)
          .thenComparingInt(Timeline::rank)
          .thenComparing(step -> step.order().orderId());

  private Timeline() {}

  public static List<Step> of(OlistData data) {
    List<Step> steps = new ArrayList<>();
    for (Order order : data.orders()) {
      plan(order, steps);
    }
    steps.sort(BY_TIME);
    return steps;
  }

  private static void plan(Order order, List<Step> steps) {
    steps.add(new Step.PlaceOrder(order, order.purchasedAt()));
    Instant approvedAt = order.approvedAt();
    for (Payment payment : order.payments()) {
      steps.add(
          approvedAt == null
              ? new Step.DeclinePayment(order, payment, order.purchasedAt())
              : new Step.AuthorizePayment(order, payment, approvedAt));
    }
    Instant carrierAt = order.carrierAt();
    if (carrierAt != null) {
      steps.add(new Step.DispatchShipment(order, carrierAt));
    }
    Instant customerAt = order.customerAt();
    if (customerAt != null) {
      steps.add(new Step.DeliverShipment(order, customerAt));
    }
    switch (order.status()) {
      case "canceled" -> steps.add(new Step.CancelOrder(order, lastKnownTime(order)));
      case "unavailable" -> steps.add(new Step.RejectOrder(order, lastKnownTime(order)));
      default -> {
        // Every other status says no more than the dates do.
      }
    }
    for (Review review : order.reviews()) {
      steps.add(new Step.PostReview(order, review, review.createdAt()));
      Instant answeredAt = review.answeredAt();
      if (answeredAt != null) {
        steps.add(new Step.AnswerReview(order, review, answeredAt));
      }
    }
  }

  private static Instant lastKnownTime(Order order) {
    return Stream.of(order.purchasedAt(), order.approvedAt(), order.carrierAt(), order.customerAt())
        .filter(Objects::nonNull)
        .max(Comparator.naturalOrder())
        .orElseThrow();
  }

  private static int rank(Step step) {
    return switch (step) {
      case Step.PlaceOrder _ -> 0;
      case Step.AuthorizePayment _, Step.DeclinePayment _ -> 1;
      case Step.DispatchShipment _ -> 2;
      case Step.DeliverShipment _ -> 3;
      case Step.CancelOrder _, Step.RejectOrder _ -> 4;
      case Step.PostReview _ -> 5;
      case Step.AnswerReview _ -> 6;
    };
  }
}
