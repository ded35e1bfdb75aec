package io.headrace.query.contexts.ordering;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class OrdersTest {

  private static final Instant NOON = Instant.parse("2018-01-31T12:00:00Z");
  private final ObjectMapper json = new ObjectMapper();

  @BeforeEach
  void nothing() {
    Rows.clear();
  }

  @Test
  void an_order_tells_everything_that_the_four_contexts_know_of_it() throws Exception {
    Rows.execute(
        """
        INSERT INTO orders_g1 VALUES ('o-1', 'c-1', 'delivered', 'BRL', 29.9, 8.72, 38.62, 38.62, 0,
          '[{"productId":"p-1","sellerId":"s-1","quantity":1,
             "unitPrice":{"amount":"29.90","currency":"BRL"},"freight":{"amount":"8.72","currency":"BRL"}}]',
          '["s-1"]',
          '{"o-1-2":{"state":"captured","amount":{"amount":"30.00","currency":"BRL"}},
            "o-1-1":{"state":"captured","amount":{"amount":"8.62","currency":"BRL"}}}',
          'o-1', '{"r-1":{"score":4,"postedAt":"2018-02-09T00:00:00Z"}}', 4, 1, 4, '2018-02-07',
          '2018-01-31 10:56:33+00', '2018-01-31 11:07:15.123456+00', '2018-02-01 19:55:00+00',
          '2018-02-08 21:25:13+00', '2018-02-08 21:25:13+00', NULL, NULL, NULL, NULL, true)""");
    var answer = get("/orders/o-1").then().statusCode(200).contentType("application/json");
    ObjectNode order = (ObjectNode) json.readTree(answer.extract().asString());
    order.remove("_links");
    assertThat(order)
        .isEqualTo(
            json.readTree(
                """
                {"orderId": "o-1", "customerId": "c-1", "status": "delivered", "sellers": ["s-1"],
                 "lines": [{"productId": "p-1", "sellerId": "s-1", "quantity": 1,
                   "unitPrice": {"amount": "29.90", "currency": "BRL"},
                   "freight": {"amount": "8.72", "currency": "BRL"}}],
                 "items": {"amount": "29.90", "currency": "BRL"},
                 "freight": {"amount": "8.72", "currency": "BRL"},
                 "total": {"amount": "38.62", "currency": "BRL"},
                 "paid": {"amount": "38.62", "currency": "BRL"},
                 "refunded": {"amount": "0.00", "currency": "BRL"},
                 "promisedDelivery": "2018-02-07", "placedAt": "2018-01-31T10:56:33Z",
                 "confirmedAt": "2018-01-31T11:07:15.123456Z", "shippedAt": "2018-02-01T19:55:00Z",
                 "deliveredAt": "2018-02-08T21:25:13Z", "completedAt": "2018-02-08T21:25:13Z",
                 "late": true, "paymentIds": ["o-1-1", "o-1-2"], "shipmentId": "o-1",
                 "reviewScore": 4, "reviews": 1, "reviewScoreSum": 4}"""));
  }

  @Test
  void an_order_that_has_not_been_placed_yet_as_far_as_the_view_knows_does_not_exist() {
    Rows.execute(
        """
        INSERT INTO orders_g1 (order_id, status, lines, sellers, payments, reviews, review_count,
          review_score_sum, late)
        VALUES ('early', 'placed', '[]', '[]', '{}', '{}', 0, 0, false)""");
    get("/orders/early")
        .then()
        .statusCode(404)
        .contentType("application/problem+json")
        .body("type", equalTo("urn:headrace:problem:not-found"));
    get("/orders").then().statusCode(200).body("orders", empty());
  }

  @Test
  void orders_are_listed_newest_first_and_filtered_by_status_and_customer() {
    Rows.placed("a", "c-1", "placed", NOON);
    Rows.placed("b", "c-1", "cancelled", NOON.plusSeconds(1));
    Rows.placed("c", "c-2", "placed", NOON.plusSeconds(2));
    Rows.placed("d", "c-2", "placed", NOON.plusSeconds(2));
    get("/orders").then().body("orders.orderId", contains("d", "c", "b", "a"));
    get("/orders?sort=placedAt").then().body("orders.orderId", contains("a", "b", "c", "d"));
    get("/orders?status=placed").then().body("orders.orderId", contains("d", "c", "a"));
    get("/orders?customerId=c-1").then().body("orders.orderId", contains("b", "a"));
    get("/orders?customerId=c-1&status=placed").then().body("orders.orderId", contains("a"));
    get("/customers/c-2/orders").then().body("orders.orderId", contains("d", "c"));
    get("/customers/c-1/orders?status=cancelled").then().body("orders.orderId", contains("b"));
  }

  @Test
  void an_order_links_to_its_customer_and_sellers_and_to_the_commands_that_its_state_allows() {
    Rows.placed("o-1", "c-1", "placed", NOON);
    assertThat(relations("/orders/o-1"))
        .containsExactlyInAnyOrder(
            "self",
            "collection",
            "customer-orders",
            "authorize-payment",
            "confirm-order",
            "cancel-order",
            "reject-order",
            "post-review");
    Rows.execute(
        """
        UPDATE orders_g1 SET status = 'confirmed', confirmed_at = now(), shipment_id = 'sh-1',
          sellers = '["s-1", "s-2"]', payments = '{
            "p-1": {"state": "authorized", "amount": {"amount": "1.00", "currency": "BRL"}},
            "p-2": {"state": "captured", "amount": {"amount": "1.00", "currency": "BRL"}},
            "p-3": {"state": "declined", "amount": {"amount": "1.00", "currency": "BRL"}}}'""");
    assertThat(relations("/orders/o-1"))
        .contains("complete-order", "cancel-order", "dispatch-shipment", "cancel-shipment")
        .doesNotContain("confirm-order", "authorize-payment", "deliver-shipment");
    get("/orders/o-1")
        .then()
        .body("_links.seller.href", contains("/sellers/s-1", "/sellers/s-2"))
        .body("_links.customer-orders.href", equalTo("/customers/c-1/orders"))
        .body(
            "_links.refund-payment.href",
            contains(
                "http://localhost:8080/payment/payments/p-1/refund-payment",
                "http://localhost:8080/payment/payments/p-2/refund-payment"))
        .body("_links.capture-payment.method", equalTo("POST"))
        .body("_links.post-review.templated", equalTo(true));

    Rows.execute("UPDATE orders_g1 SET status = 'shipped', shipped_at = now()");
    assertThat(relations("/orders/o-1"))
        .contains("deliver-shipment", "fail-shipment")
        .doesNotContain("dispatch-shipment", "cancel-shipment");

    Rows.execute("UPDATE orders_g1 SET status = 'cancelled', cancelled_at = now()");
    assertThat(relations("/orders/o-1"))
        .contains("refund-payment", "post-review")
        .doesNotContain("cancel-order", "reject-order", "complete-order");
  }

  private static Set<String> relations(String path) {
    return get(path)
        .then()
        .statusCode(200)
        .extract()
        .jsonPath()
        .<String, Object>getMap("_links")
        .keySet();
  }

  @Test
  void a_customer_nobody_has_heard_of_has_no_orders() {
    get("/customers/nobody/orders").then().statusCode(200).body("orders", empty());
  }

  @Test
  void a_seller_has_totals_over_all_currencies_and_revenue_in_each() throws Exception {
    Rows.execute(
        """
        INSERT INTO sellers_g1 VALUES
          ('s-1', 'BRL', 2, 3, 59.8, 1, 2, 9), ('s-1', 'JPY', 1, 1, 1200, 0, 1, 4)""");
    assertThat(json.readTree(get("/sellers/s-1").then().statusCode(200).extract().asString()))
        .isEqualTo(
            json.readTree(
                """
                {"sellerId": "s-1", "orders": 3, "units": 4, "revenue": [
                   {"amount": "59.80", "currency": "BRL"}, {"amount": "1200", "currency": "JPY"}],
                 "lateDeliveries": 1, "reviews": 3, "averageReviewScore": "4.33"}"""));
  }

  @Test
  void a_seller_without_reviews_has_no_average() {
    Rows.execute("INSERT INTO sellers_g1 VALUES ('s-2', 'BRL', 1, 1, 10, 0, 0, 0)");
    get("/sellers/s-2").then().body("$", not(org.hamcrest.Matchers.hasKey("averageReviewScore")));
  }

  @Test
  void an_unknown_seller_is_not_found() {
    get("/sellers/s-9")
        .then()
        .statusCode(404)
        .contentType("application/problem+json")
        .body("detail", org.hamcrest.Matchers.containsString("s-9"));
  }

  @Test
  void sales_are_by_day_both_ends_included_days_without_orders_left_out() throws Exception {
    Rows.execute(
        """
        INSERT INTO daily_sales_g1 VALUES
          ('2017-12-31', 'BRL', 9, 9, 9, 9), ('2018-01-01', 'BRL', 2, 20.5, 1, 0),
          ('2018-01-01', 'EUR', 1, 3, 0, 0), ('2018-01-31', 'BRL', 1, 0, 0, 1),
          ('2018-02-01', 'BRL', 9, 9, 9, 9)""");
    var answer = given().get("/sales/daily?from=2018-01-01&to=2018-01-31").then().statusCode(200);
    assertThat(json.readTree(answer.extract().asString()))
        .isEqualTo(
            json.readTree(
                """
                {"from": "2018-01-01", "to": "2018-01-31", "days": [
                  {"day": "2018-01-01", "orders": 3, "revenue": [
                     {"amount": "20.50", "currency": "BRL"}, {"amount": "3.00", "currency": "EUR"}],
                   "cancelled": 1, "rejected": 0},
                  {"day": "2018-01-31", "orders": 1,
                   "revenue": [{"amount": "0.00", "currency": "BRL"}], "cancelled": 0, "rejected": 1}]}"""));
  }

  @Test
  void a_leap_year_of_sales_can_be_asked_for_and_not_a_day_more() {
    get("/sales/daily?from=2016-01-01&to=2016-12-31").then().statusCode(200);
    get("/sales/daily?from=2016-01-01&to=2017-01-01")
        .then()
        .statusCode(400)
        .body("field", equalTo("to"));
  }
}
