package io.headrace.systemtests.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.Stack;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a client developer does first: one order, by hand. */
@ExtendWith(WithStack.class)
class OrderLifeTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  private static String place(Stack stack, String orderId) {
    Http.Answer placed =
        Http.post(
            stack.commandUrl() + "/ordering/orders/" + orderId + "/place-order",
            """
            {"customerId": "life-customer", "promisedDelivery": "2019-03-10",
             "lines": [
              {"productId": "p1", "sellerId": "%1$s-seller1", "quantity": 2,
               "unitPrice": {"amount": "10.50", "currency": "BRL"},
               "freight": {"amount": "4.00", "currency": "BRL"}},
              {"productId": "p2", "sellerId": "%1$s-seller2", "quantity": 1,
               "unitPrice": {"amount": "5", "currency": "BRL"},
               "freight": {"amount": "0", "currency": "BRL"}}],
             "at": "2019-03-01T10:00:00Z"}
            """
                .formatted(orderId));
    assertThat(placed.status()).isEqualTo(201);
    assertThat(placed.header("ETag")).isEqualTo("\"1\"");
    assertThat(placed.header("Location")).endsWith("/ordering/orders/" + orderId);
    assertThat(placed.header("Consistency-Token")).isNotEmpty();
    assertThat(placed.body().path("events").toString()).isEqualTo("[\"ordering.OrderPlaced.v1\"]");
    return orderId;
  }

  private static void send(Stack stack, String path, String body) {
    assertThat(Http.post(stack.commandUrl() + path, body).status()).isIn(200, 201);
  }

  private static void awaitState(Stack stack, String path, Predicate<String> state) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              Http.Answer answer = Http.get(stack.commandUrl() + path);
              return answer.status() == 200 && state.test(answer.body().toString());
            });
  }

  private static void awaitView(Stack stack, String path, Predicate<Http.Answer> as) {
    await().atMost(SOON).until(() -> as.test(Http.get(stack.queryUrl() + path)));
  }

  @Test
  void an_order_that_is_paid_and_delivered_ends_completed_in_every_view(Stack stack) {
    String order = place(stack, "life-1");
    send(
        stack,
        "/payment/payments/life-1-card/authorize-payment",
        """
        {"orderId": "life-1", "method": "credit_card", "installments": 3,
         "amount": {"amount": "30.00", "currency": "BRL"}, "at": "2019-03-01T11:00:00Z"}
        """);
    awaitState(stack, "/shipping/shipments/" + order, state -> true);
    assertThat(Http.get(stack.commandUrl() + "/ordering/orders/life-1").header("ETag"))
        .isEqualTo("\"2\"");
    send(
        stack,
        "/shipping/shipments/life-1/dispatch-shipment",
        "{\"at\": \"2019-03-04T09:00:00Z\"}");
    send(
        stack, "/shipping/shipments/life-1/deliver-shipment", "{\"at\": \"2019-03-11T00:00:00Z\"}");
    send(
        stack,
        "/review/reviews/life-1-review/post-review",
        "{\"orderId\": \"life-1\", \"score\": 3, \"message\": \"Chegou tarde 😐\"}");

    awaitView(
        stack,
        "/orders/life-1",
        answer ->
            answer.body().hasNonNull("completedAt") && answer.body().path("reviews").asInt() == 1);
    var view = Http.get(stack.queryUrl() + "/orders/life-1").body();
    assertThat(view.path("status").asText()).isEqualTo("delivered");
    assertThat(view.at("/total/amount").asText()).isEqualTo("30.00");
    assertThat(view.at("/paid/amount").asText()).isEqualTo("30.00");
    assertThat(view.at("/refunded/amount").asText()).isEqualTo("0.00");
    assertThat(view.path("confirmedAt").asText()).isEqualTo("2019-03-01T11:00:00Z");
    assertThat(view.path("completedAt").asText()).isEqualTo("2019-03-11T00:00:00Z");
    assertThat(view.path("late").asBoolean()).isTrue();
    assertThat(view.path("reviewScore").asInt()).isEqualTo(3);

    var seller = Http.get(stack.queryUrl() + "/sellers/life-1-seller1").body();
    assertThat(seller.path("units").asInt()).isEqualTo(2);
    assertThat(seller.at("/revenue/0/amount").asText()).isEqualTo("21.00");
    assertThat(seller.path("lateDeliveries").asInt()).isEqualTo(1);
    assertThat(seller.path("averageReviewScore").asText()).isEqualTo("3.00");
    var customer = Http.get(stack.queryUrl() + "/customers/life-customer/orders");
    assertThat(customer.status()).isEqualTo(200);
    assertThat(customer.body().toString()).contains("\"life-1\"");
    var history = Http.get(stack.commandUrl() + "/ordering/orders/life-1/events");
    assertThat(history.body().toString())
        .contains("OrderPlaced")
        .contains("OrderConfirmed")
        .contains("OrderCompleted");
    var payment = Http.get(stack.commandUrl() + "/payment/payments/life-1-card/events");
    assertThat(payment.body().toString()).contains("PaymentCaptured");
  }

  @Test
  void an_order_that_is_cancelled_after_payment_gives_the_money_back(Stack stack) {
    place(stack, "life-2");
    send(
        stack,
        "/payment/payments/life-2-voucher/authorize-payment",
        """
        {"orderId": "life-2", "method": "voucher", "installments": 1,
         "amount": {"amount": "30.00", "currency": "BRL"}}
        """);
    awaitState(stack, "/shipping/shipments/life-2", state -> true);
    send(stack, "/ordering/orders/life-2/cancel-order", "{\"reason\": \"changed my mind\"}");

    awaitView(
        stack,
        "/orders/life-2",
        answer ->
            answer.body().path("status").asText().equals("cancelled")
                && answer.body().at("/refunded/amount").asText().equals("30.00"));
    awaitState(
        stack,
        "/shipping/shipments/life-2/events",
        history -> history.contains("ShipmentCancelled"));
    assertThat(
            Http.post(stack.commandUrl() + "/shipping/shipments/life-2/dispatch-shipment", "{}")
                .body()
                .path("type")
                .asText())
        .isEqualTo("urn:headrace:rejection:shipping:shipment-cancelled");
  }

  @Test
  void a_command_that_is_sent_again_with_its_key_has_no_second_effect(Stack stack) {
    String url = stack.commandUrl() + "/review/reviews/life-3/post-review";
    String body = "{\"orderId\": \"life-3\", \"score\": 5, \"at\": \"2019-03-01T10:00:00Z\"}";

    Http.Answer first = Http.post(url, body, "Idempotency-Key", "life-3-post");
    Http.Answer again = Http.post(url, body, "Idempotency-Key", "life-3-post");
    Http.Answer other = Http.post(url, body.replace("5,", "1,"), "Idempotency-Key", "life-3-post");

    assertThat(first.status()).isEqualTo(201);
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(other.status()).isBetween(400, 499);
    assertThat(Http.get(stack.commandUrl() + "/review/reviews/life-3").header("ETag"))
        .isEqualTo("\"1\"");
  }
}
