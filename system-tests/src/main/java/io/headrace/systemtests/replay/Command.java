package io.headrace.systemtests.replay;

import io.headrace.systemtests.olist.OlistData.Payment;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A step as the command API wants it.
 *
 * @param idempotencyKey the same for every attempt at the same step of the same data
 */
public record Command(String path, Map<String, Object> body, String idempotencyKey) {

  private static final String CURRENCY = "BRL";

  public static Command of(Step step) {
    Map<String, Object> body = new LinkedHashMap<>();
    switch (step) {
      case Step.PlaceOrder s -> {
        body.put("customerId", s.order().customerId());
        body.put(
            "lines",
            s.order().items().stream()
                .map(
                    item ->
                        Map.of(
                            "productId", item.productId(),
                            "sellerId", item.sellerId(),
                            "quantity", 1,
                            "unitPrice", money(item.price()),
                            "freight", money(item.freight())))
                .toList());
        putIfPresent(body, "promisedDelivery", s.order().estimatedDelivery());
      }
      case Step.AuthorizePayment s -> {
        putPayment(body, s.order().orderId(), s.payment());
        body.put("installments", s.payment().installments());
      }
      case Step.DeclinePayment s -> {
        putPayment(body, s.order().orderId(), s.payment());
        body.put("reason", "not approved");
      }
      case Step.CancelOrder s -> body.put("reason", s.order().status());
      case Step.RejectOrder s -> body.put("reason", s.order().status());
      case Step.PostReview s -> {
        body.put("orderId", s.order().orderId());
        body.put("score", s.review().score());
        putIfPresent(body, "title", s.review().title());
        putIfPresent(body, "message", s.review().message());
      }
      case Step.DispatchShipment _, Step.DeliverShipment _, Step.AnswerReview _ -> {
        // The time is all there is to say.
      }
    }
    body.put("at", time(step.at()));
    // The order's id is part of the key because one review id may occur on several orders.
    String key = step.order().orderId() + ":" + step.stream().id() + ":" + step.command();
    return new Command(step.stream().path() + "/" + step.command(), body, key);
  }

  private static void putPayment(Map<String, Object> body, String orderId, Payment payment) {
    body.put("orderId", orderId);
    body.put("method", payment.type());
    body.put("amount", money(payment.value()));
  }

  private static void putIfPresent(Map<String, Object> body, String field, @Nullable Object value) {
    if (value != null) {
      body.put(field, value.toString());
    }
  }

  private static Map<String, Object> money(BigDecimal amount) {
    return Map.of("amount", amount.toPlainString(), "currency", CURRENCY);
  }

  private static String time(Instant at) {
    return at.toString();
  }
}
