package io.headrace.projection.contexts.ordering;

import static io.headrace.projection.platform.engine.ViewSpec.stream;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.events.contexts.ordering.OrderEvent.OrderCancelled;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCompleted;
import io.headrace.events.contexts.ordering.OrderEvent.OrderConfirmed;
import io.headrace.events.contexts.ordering.OrderEvent.OrderLine;
import io.headrace.events.contexts.ordering.OrderEvent.OrderPlaced;
import io.headrace.events.contexts.ordering.OrderEvent.OrderRejected;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentAuthorized;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentCaptured;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentDeclined;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentRefunded;
import io.headrace.events.contexts.payment.PaymentMethod;
import io.headrace.events.contexts.review.ReviewEvent.ReviewAnswered;
import io.headrace.events.contexts.review.ReviewEvent.ReviewPosted;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDelivered;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentDispatched;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentFailed;
import io.headrace.events.contexts.shipping.ShipmentEvent.ShipmentRequested;
import io.headrace.events.platform.Money;
import io.headrace.projection.contexts.ordering.OrderRow.Line;
import io.headrace.projection.contexts.ordering.OrderRow.Payment;
import io.headrace.projection.contexts.ordering.OrderRow.Review;
import io.headrace.projection.platform.engine.ViewSpec;
import io.headrace.projection.platform.engine.ViewSpec.Stream;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class OrdersViewTest {

  private static final Instant PLACED = Instant.parse("2018-01-30T23:59:59.999999Z");
  private static final Instant CONFIRMED = Instant.parse("2018-01-31T08:00:00Z");
  private static final Instant SHIPPED = Instant.parse("2018-02-01T08:00:00Z");
  private static final Instant SHIPPED_AGAIN = Instant.parse("2018-02-03T08:00:00Z");
  private static final Instant LAST_MOMENT = Instant.parse("2018-02-05T23:59:59.999999Z");
  private static final Instant TOO_LATE = Instant.parse("2018-02-06T00:00:00Z");
  private static final Instant END = Instant.parse("2018-02-07T00:00:00Z");

  private static final OrderPlaced ORDER =
      new OrderPlaced(
          "o1",
          "c1",
          List.of(
              new OrderLine("p1", "s2", 2, brl("10.00"), brl("1.50")),
              new OrderLine("p2", "s1", 1, brl("5.55"), brl("1.00")),
              new OrderLine("p3", "s2", 1, brl("0.45"), brl("0.00"))),
          brl("26.00"),
          brl("2.50"),
          brl("28.50"),
          LocalDate.parse("2018-02-05"),
          PLACED);

  private final ViewSpec<OrderRow> orders = ViewSpec.of(new OrdersView());

  @Test
  void an_order_that_was_only_placed() {
    orders
        .given(stream("order-o1", ORDER))
        .thenRow(
            new OrderRow(
                "o1",
                "c1",
                "placed",
                "BRL",
                new BigDecimal("26.00"),
                new BigDecimal("2.50"),
                new BigDecimal("28.50"),
                new BigDecimal("0.00"),
                new BigDecimal("0.00"),
                List.of(
                    new Line("p1", "s2", 2, brl("10.00"), brl("1.50")),
                    new Line("p2", "s1", 1, brl("5.55"), brl("1.00")),
                    new Line("p3", "s2", 1, brl("0.45"), brl("0.00"))),
                List.of("s1", "s2"),
                Map.of(),
                null,
                Map.of(),
                null,
                0,
                0,
                LocalDate.parse("2018-02-05"),
                PLACED,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                false))
        .thenTotals("sellers", Map.of())
        .thenTotals(
            "daily_sales", Map.of(List.of("2018-01-30", "BRL"), List.of("1", "0", "0", "0")));
  }

  @Test
  void a_whole_life_in_four_contexts_is_the_same_row_for_every_interleaving() {
    orders
        .given(
            stream(
                "order-o1",
                ORDER,
                new OrderConfirmed("o1", CONFIRMED),
                new OrderCompleted("o1", END)),
            stream(
                "payment-p1",
                authorized("p1", "20.00"),
                new PaymentCaptured("p1", "o1", brl("20.00"), END)),
            stream("payment-p2", authorized("p2", "8.50")),
            stream(
                "shipment-o1",
                new ShipmentRequested("o1", "o1", CONFIRMED),
                new ShipmentDispatched("o1", "o1", SHIPPED),
                new ShipmentDelivered("o1", "o1", LAST_MOMENT)),
            stream("review-r1", new ReviewPosted("r1", "o1", 4, null, null, END)))
        .thenRow(
            row -> {
              assertThat(row.status()).isEqualTo("delivered");
              assertThat(row.confirmedAt()).isEqualTo(CONFIRMED);
              assertThat(row.shippedAt()).isEqualTo(SHIPPED);
              assertThat(row.deliveredAt()).isEqualTo(LAST_MOMENT);
              assertThat(row.completedAt()).isEqualTo(END);
              assertThat(row.paid()).isEqualTo("28.50");
              assertThat(row.refunded()).isEqualTo("0.00");
              assertThat(row.payments())
                  .isEqualTo(
                      Map.of(
                          "p1", new Payment(Payment.CAPTURED, brl("20.00"), null),
                          "p2", new Payment(Payment.AUTHORIZED, brl("8.50"), null)));
              assertThat(row.shipmentId()).isEqualTo("o1");
              assertThat(row.reviews()).isEqualTo(Map.of("r1", new Review(4, END)));
              assertThat(row.late()).isFalse();
            })
        .thenTotals(
            "sellers",
            Map.of(
                List.of("s1", "BRL"), List.of("1", "1", "5.55", "0", "1", "4"),
                List.of("s2", "BRL"), List.of("1", "3", "20.45", "0", "1", "4")))
        .thenTotals(
            "daily_sales", Map.of(List.of("2018-01-30", "BRL"), List.of("1", "26", "0", "0")));
  }

  @Test
  void a_delivery_after_the_promised_day_is_late_once_for_each_seller() {
    orders
        .given(
            stream("order-o1", ORDER, new OrderConfirmed("o1", CONFIRMED)),
            stream(
                "shipment-o1",
                new ShipmentRequested("o1", "o1", CONFIRMED),
                new ShipmentDispatched("o1", "o1", SHIPPED),
                new ShipmentDelivered("o1", "o1", TOO_LATE)))
        .thenRow(row -> assertThat(row.late()).isTrue())
        .thenTotals(
            "sellers",
            Map.of(
                List.of("s1", "BRL"), List.of("1", "1", "5.55", "1", "0", "0"),
                List.of("s2", "BRL"), List.of("1", "3", "20.45", "1", "0", "0")));
  }

  @Test
  void without_a_promise_nothing_is_late() {
    OrderPlaced unpromised =
        new OrderPlaced(
            "o1", "c1", ORDER.lines(), ORDER.items(), ORDER.freight(), ORDER.total(), null, PLACED);
    orders
        .given(
            stream("order-o1", unpromised),
            stream("shipment-o1", new ShipmentDelivered("o1", "o1", TOO_LATE)))
        .thenRow(row -> assertThat(row.late()).isFalse());
  }

  @Test
  void the_last_dispatch_counts() {
    orders
        .given(
            stream("order-o1", ORDER),
            stream(
                "shipment-o1",
                new ShipmentRequested("o1", "o1", CONFIRMED),
                new ShipmentDispatched("o1", "o1", SHIPPED),
                new ShipmentFailed("o1", "o1", "nobody there", SHIPPED.plusSeconds(9)),
                new ShipmentDispatched("o1", "o1", SHIPPED_AGAIN)))
        .thenRow(
            row -> {
              assertThat(row.status()).isEqualTo("shipped");
              assertThat(row.shippedAt()).isEqualTo(SHIPPED_AGAIN);
            });
  }

  @Test
  void a_cancelled_order_sells_nothing_and_keeps_its_reviews() {
    orders
        .given(
            stream(
                "order-o1",
                ORDER,
                new OrderConfirmed("o1", CONFIRMED),
                new OrderCancelled("o1", "too slow", END)),
            stream(
                "payment-p1",
                authorized("p1", "28.50"),
                new PaymentRefunded("p1", "o1", brl("28.50"), "order cancelled", END)),
            stream("shipment-o1", new ShipmentDelivered("o1", "o1", TOO_LATE)),
            stream("review-r1", new ReviewPosted("r1", "o1", 1, null, null, END)))
        .thenRow(
            row -> {
              assertThat(row.status()).isEqualTo("cancelled");
              assertThat(row.cancelReason()).isEqualTo("too slow");
              assertThat(row.paid()).isEqualTo("28.50");
              assertThat(row.refunded()).isEqualTo("28.50");
              assertThat(row.late()).isTrue();
            })
        .thenTotals(
            "sellers",
            Map.of(
                List.of("s1", "BRL"), List.of("0", "0", "0", "0", "1", "1"),
                List.of("s2", "BRL"), List.of("0", "0", "0", "0", "1", "1")))
        .thenTotals(
            "daily_sales", Map.of(List.of("2018-01-30", "BRL"), List.of("1", "0", "1", "0")));
  }

  @Test
  void a_rejected_order_is_counted_as_rejected() {
    orders
        .given(stream("order-o1", ORDER, new OrderRejected("o1", "out of stock", END)))
        .thenRow(
            row -> {
              assertThat(row.status()).isEqualTo("rejected");
              assertThat(row.rejectReason()).isEqualTo("out of stock");
            })
        .thenTotals("sellers", Map.of())
        .thenTotals(
            "daily_sales", Map.of(List.of("2018-01-30", "BRL"), List.of("1", "0", "0", "1")));
  }

  @Test
  void a_declined_payment_pays_nothing() {
    orders
        .given(
            stream("order-o1", ORDER),
            stream(
                "payment-p1",
                new PaymentDeclined(
                    "p1", "o1", PaymentMethod.BOLETO, brl("28.50"), "expired", PLACED)))
        .thenRow(row -> assertThat(row.paid()).isEqualTo("0.00"));
  }

  @Test
  void an_amount_in_another_currency_is_kept_and_not_added() {
    orders
        .given(
            stream("order-o1", ORDER),
            stream("payment-p1", authorized("p1", "20.00")),
            stream(
                "payment-p2",
                new PaymentAuthorized(
                    "p2", "o1", PaymentMethod.VOUCHER, 1, Money.of("8.50", "USD"), PLACED)))
        .thenRow(
            row -> {
              assertThat(row.paid()).isEqualTo("20.00");
              assertThat(row.payments()).containsKey("p2");
            });
  }

  @Test
  void the_score_is_that_of_the_latest_review_and_of_the_greater_id_among_equals() {
    orders
        .given(
            stream("order-o1", ORDER),
            stream(
                "review-r3",
                new ReviewPosted("r3", "o1", 5, null, null, PLACED),
                new ReviewAnswered("r3", "o1", "thanks", END)),
            stream("review-r1", new ReviewPosted("r1", "o1", 1, null, null, END)),
            stream("review-r2", new ReviewPosted("r2", "o1", 2, null, null, END)))
        .thenRow(
            row -> {
              assertThat(row.reviewScore()).isEqualTo(2);
              assertThat(row.reviewCount()).isEqualTo(3);
              assertThat(row.reviewScoreSum()).isEqualTo(8);
            })
        .thenTotals(
            "sellers",
            Map.of(
                List.of("s1", "BRL"), List.of("0", "0", "0", "0", "3", "8"),
                List.of("s2", "BRL"), List.of("0", "0", "0", "0", "3", "8")));
  }

  @Test
  void what_is_heard_before_the_order_waits_in_an_unplaced_row_and_counts_nowhere() {
    orders
        .given(
            stream("payment-p1", authorized("p1", "28.50")),
            stream("shipment-o1", new ShipmentRequested("o1", "o1", CONFIRMED)),
            stream("review-r1", new ReviewPosted("r1", "o1", 3, null, null, END)))
        .thenRow(
            row -> {
              assertThat(row.placedAt()).isNull();
              assertThat(row.currency()).isNull();
              assertThat(row.paid()).isNull();
              assertThat(row.payments()).containsKey("p1");
            })
        .thenTotals("sellers", Map.of())
        .thenTotals("daily_sales", Map.of());
  }

  @Test
  void a_time_finer_than_the_table_keeps_does_not_move_an_order_to_the_next_day() {
    OrderPlaced atTheLastNanosecond =
        new OrderPlaced(
            "o1",
            "c1",
            ORDER.lines(),
            ORDER.items(),
            ORDER.freight(),
            ORDER.total(),
            null,
            Instant.parse("2018-01-30T23:59:59.999999999Z"));
    orders
        .given(stream("order-o1", atTheLastNanosecond, new OrderConfirmed("o1", CONFIRMED)))
        .thenRow(row -> assertThat(row.placedAt()).isEqualTo(PLACED))
        .thenTotals(
            "daily_sales", Map.of(List.of("2018-01-30", "BRL"), List.of("1", "26", "0", "0")));
  }

  @Property(tries = 20)
  void any_lives_of_orders_give_the_same_rows_and_exact_totals(@ForAll long seed) {
    Random random = new Random(seed);
    List<Stream> streams = new java.util.ArrayList<>();
    for (int i = 0; i < 2; i++) {
      streams.addAll(OrderLives.life("o" + i, random));
    }
    orders.given(streams);
  }

  private static PaymentAuthorized authorized(String paymentId, String amount) {
    return new PaymentAuthorized(
        paymentId, "o1", PaymentMethod.CREDIT_CARD, 1, brl(amount), PLACED);
  }

  private static Money brl(String amount) {
    return Money.of(amount, "BRL");
  }
}
