package io.headrace.systemtests.replay;

import io.headrace.systemtests.olist.OlistData.Order;
import io.headrace.systemtests.olist.OlistData.Payment;
import io.headrace.systemtests.olist.OlistData.Review;
import java.time.Instant;

/** One thing that happened to an order, and so one command. */
public sealed interface Step {

  Order order();

  /** When it happened in the business. */
  Instant at();

  record PlaceOrder(Order order, Instant at) implements Step {}

  record AuthorizePayment(Order order, Payment payment, Instant at) implements Step {}

  record DeclinePayment(Order order, Payment payment, Instant at) implements Step {}

  record DispatchShipment(Order order, Instant at) implements Step {}

  record DeliverShipment(Order order, Instant at) implements Step {}

  record CancelOrder(Order order, Instant at) implements Step {}

  record RejectOrder(Order order, Instant at) implements Step {}

  record PostReview(Order order, Review review, Instant at) implements Step {}

  record AnswerReview(Order order, Review review, Instant at) implements Step {}

  /** The stream that the command goes to. */
  default StreamRef stream() {
    return switch (this) {
      case PlaceOrder _, CancelOrder _, RejectOrder _ -> StreamRef.order(order().orderId());
      case AuthorizePayment s -> StreamRef.payment(s.payment.paymentId());
      case DeclinePayment s -> StreamRef.payment(s.payment.paymentId());
      case DispatchShipment _, DeliverShipment _ -> StreamRef.shipment(order().orderId());
      case PostReview s -> StreamRef.review(s.review.reviewId());
      case AnswerReview s -> StreamRef.review(s.review.reviewId());
    };
  }

  /** The command's name in the API. */
  default String command() {
    return switch (this) {
      case PlaceOrder _ -> "place-order";
      case AuthorizePayment _ -> "authorize-payment";
      case DeclinePayment _ -> "decline-payment";
      case DispatchShipment _ -> "dispatch-shipment";
      case DeliverShipment _ -> "deliver-shipment";
      case CancelOrder _ -> "cancel-order";
      case RejectOrder _ -> "reject-order";
      case PostReview _ -> "post-review";
      case AnswerReview _ -> "answer-review";
    };
  }
}
