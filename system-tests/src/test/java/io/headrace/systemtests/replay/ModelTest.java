package io.headrace.systemtests.replay;

import static io.headrace.systemtests.replay.OrderBuilder.data;
import static io.headrace.systemtests.replay.OrderBuilder.day;
import static io.headrace.systemtests.replay.OrderBuilder.order;
import static io.headrace.systemtests.replay.OrderBuilder.orderWithoutItems;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.systemtests.replay.Expected.StreamVersion;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ModelTest {

  private static final LocalDate FIRST = LocalDate.parse("2018-01-01");

  private static Expected expected(OrderBuilder... orders) {
    return Model.of(Timeline.of(data(orders)));
  }

  /** All that was not simply accepted. */
  private static Map<String, String> oddOutcomes(Expected expected) {
    return expected.steps().stream()
        .filter(step -> step.outcome() != Outcome.ACCEPTED)
        .collect(
            Collectors.toMap(
                s -> s.step().command() + " " + s.step().order().orderId(),
                s -> s.outcome().label(),
                (a, b) -> a + ", " + b));
  }

  private static BigDecimal brl(String amount) {
    return new BigDecimal(amount);
  }

  @Test
  void a_delivered_order_is_paid_shipped_captured_and_completed() {
    Expected expected =
        expected(
            order("a", "delivered")
                .item("s2", "50.00", "5.00")
                .paid("100.00")
                .paid("voucher", 1, "65.00")
                .approved(2)
                .carrier(4)
                .customer(6)
                .review("r", 4, 7, 8));

    assertThat(oddOutcomes(expected)).isEmpty();
    OrderRow row = expected.orders().get("a");
    assertThat(row.status()).isEqualTo("delivered");
    assertThat(row.items()).isEqualTo(brl("150.00"));
    assertThat(row.total()).isEqualTo(brl("165.00"));
    assertThat(row.paid()).isEqualTo(brl("165.00"));
    assertThat(row.refunded()).isEqualTo(brl("0.00"));
    assertThat(row.confirmedAt()).isEqualTo(day(2));
    assertThat(row.shippedAt()).isEqualTo(day(4));
    assertThat(row.deliveredAt()).isEqualTo(day(6));
    assertThat(row.completedAt()).isEqualTo(day(6));
    assertThat(row.late()).isFalse();
    assertThat(row.reviewScore()).isEqualTo(4);
    assertThat(row.shipmentId()).isEqualTo("a");
    assertThat(row.paymentIds()).containsExactly("a-1", "a-2");
    assertThat(expected.streams())
        .isEqualTo(
            Map.of(
                StreamRef.order("a"), 3,
                StreamRef.payment("a-1"), 2,
                StreamRef.payment("a-2"), 2,
                StreamRef.shipment("a"), 3,
                StreamRef.review("r"), 2));
    assertThat(expected.sellers())
        .containsEntry("s1", new SellerRow(1, 1, brl("100.00"), 0, 1, brl("4.00")))
        .containsEntry("s2", new SellerRow(1, 1, brl("50.00"), 0, 1, brl("4.00")));
    assertThat(expected.days()).containsOnly(Map.entry(FIRST, new DayRow(1, brl("150.00"), 0, 0)));
  }

  @Test
  void steps_that_need_a_reaction_wait_for_it_once() {
    Expected expected =
        expected(order("a", "canceled").paid("110.00").approved(2).carrier(4).customer(6));

    assertThat(expected.steps())
        .filteredOn(step -> !step.after().isEmpty())
        .satisfiesExactly(
            step -> {
              assertThat(step.step().command()).isEqualTo("dispatch-shipment");
              assertThat(step.after())
                  .containsExactly(
                      new StreamVersion(StreamRef.order("a"), 2),
                      new StreamVersion(StreamRef.shipment("a"), 1));
            },
            step -> {
              assertThat(step.step().command()).isEqualTo("cancel-order");
              assertThat(step.after()).containsExactly(new StreamVersion(StreamRef.order("a"), 3));
            });
  }

  @Test
  void delivery_on_the_promised_day_is_in_time_and_a_day_later_is_late() {
    Expected expected =
        expected(
            order("a", "delivered").paid("110.00").approved(2).carrier(4).customer(10),
            order("b", "delivered").paid("110.00").approved(2).carrier(4).customer(11));

    assertThat(expected.orders().get("a").late()).isFalse();
    assertThat(expected.orders().get("b").late()).isTrue();
    assertThat(expected.sellers().get("s1").lateDeliveries()).isEqualTo(1);
  }

  @Test
  void an_order_without_items_is_refused_and_the_rest_of_its_life_is_not_sent() {
    Expected expected =
        expected(
            orderWithoutItems("a", "unavailable").paid("110.00").approved(2).review("r", 1, 3, 4));

    assertThat(oddOutcomes(expected))
        .containsEntry("place-order a", "422 ordering: order-has-no-lines")
        .containsEntry("authorize-payment a", Outcome.NOT_SENT.label())
        .containsEntry("reject-order a", Outcome.NOT_SENT.label())
        .containsEntry("post-review a", Outcome.NOT_SENT.label())
        .hasSize(5);
    assertThat(expected.orders()).isEmpty();
    assertThat(expected.refusedOrders()).containsExactly("a");
    assertThat(expected.streams()).isEmpty();
    assertThat(expected.days()).isEmpty();
  }

  @Test
  void handed_to_the_carrier_before_approval_the_shipment_is_neither_dispatched_nor_delivered() {
    Expected expected =
        expected(order("a", "delivered").paid("110.00").approved(4).carrier(3).customer(6));

    assertThat(oddOutcomes(expected))
        .isEqualTo(
            Map.of(
                "dispatch-shipment a", "422 shipping: shipment-not-requested",
                "deliver-shipment a", "422 shipping: shipment-not-dispatched"));
    assertThat(expected.orders().get("a").status()).isEqualTo("confirmed");
  }

  @Test
  void delivered_before_handed_to_the_carrier_it_stays_on_its_way() {
    Expected expected =
        expected(order("a", "delivered").paid("110.00").approved(2).carrier(6).customer(5));

    assertThat(oddOutcomes(expected))
        .isEqualTo(Map.of("deliver-shipment a", "422 shipping: shipment-not-dispatched"));
    assertThat(expected.orders().get("a").status()).isEqualTo("shipped");
  }

  @Test
  void cancelled_before_dispatch_the_shipment_is_cancelled_and_the_money_goes_back() {
    Expected expected = expected(order("a", "canceled").paid("110.00").approved(2));

    OrderRow row = expected.orders().get("a");
    assertThat(row.status()).isEqualTo("cancelled");
    assertThat(row.confirmedAt()).isEqualTo(day(2));
    assertThat(row.cancelledAt()).isEqualTo(day(2));
    assertThat(row.cancelReason()).isEqualTo("canceled");
    assertThat(row.refunded()).isEqualTo(brl("110.00"));
    assertThat(expected.streams())
        .containsEntry(StreamRef.shipment("a"), 2)
        .containsEntry(StreamRef.payment("a-1"), 2);
    assertThat(expected.sellers().get("s1")).isEqualTo(SellerRow.NOTHING);
    assertThat(expected.days()).containsEntry(FIRST, new DayRow(1, brl("0.00"), 1, 0));
  }

  @Test
  void cancelled_after_dispatch_the_shipment_goes_on_and_the_money_goes_back() {
    Expected expected = expected(order("a", "canceled").paid("110.00").approved(2).carrier(3));

    OrderRow row = expected.orders().get("a");
    assertThat(row.status()).isEqualTo("cancelled");
    assertThat(row.shippedAt()).isEqualTo(day(3));
    assertThat(row.refunded()).isEqualTo(brl("110.00"));
    assertThat(expected.streams()).containsEntry(StreamRef.shipment("a"), 2);
  }

  @Test
  void cancelled_after_delivery_is_too_late() {
    Expected expected =
        expected(order("a", "canceled").paid("110.00").approved(2).carrier(3).customer(4));

    assertThat(oddOutcomes(expected))
        .isEqualTo(Map.of("cancel-order a", "422 ordering: order-not-open"));
    assertThat(expected.orders().get("a").status()).isEqualTo("delivered");
  }

  @Test
  void an_unavailable_order_is_rejected_and_refunded() {
    Expected expected = expected(order("a", "unavailable").paid("110.00").approved(2));

    OrderRow row = expected.orders().get("a");
    assertThat(row.status()).isEqualTo("rejected");
    assertThat(row.rejectReason()).isEqualTo("unavailable");
    assertThat(row.refunded()).isEqualTo(brl("110.00"));
    assertThat(expected.days()).containsEntry(FIRST, new DayRow(1, brl("0.00"), 0, 1));
  }

  @Test
  void a_cent_too_little_leaves_the_order_unconfirmed_and_a_cent_too_much_does_not() {
    Expected expected =
        expected(
            order("a", "delivered").paid("109.99").approved(2).carrier(3).customer(4),
            order("b", "delivered").paid("110.01").approved(2).carrier(3).customer(4));

    assertThat(oddOutcomes(expected))
        .isEqualTo(
            Map.of(
                "dispatch-shipment a", "422 shipping: shipment-not-requested",
                "deliver-shipment a", "422 shipping: shipment-not-requested"));
    assertThat(expected.orders().get("a").status()).isEqualTo("placed");
    assertThat(expected.orders().get("a").paid()).isEqualTo(brl("109.99"));
    assertThat(expected.orders().get("b").status()).isEqualTo("delivered");
    assertThat(expected.orders().get("b").paid()).isEqualTo(brl("110.01"));
  }

  @Test
  void a_payment_that_is_none_is_refused_and_does_not_count() {
    Expected expected =
        expected(
            order("a", "canceled").paid("not_defined", 1, "0.00"),
            order("b", "delivered").paid("credit_card", 0, "110.00").approved(2),
            order("c", "delivered").paid("voucher", 1, "0.00").paid("110.00").approved(2));

    assertThat(oddOutcomes(expected))
        .isEqualTo(
            Map.of(
                "decline-payment a", "400 invalid: method",
                "authorize-payment b", "400 invalid: installments",
                "authorize-payment c", "422 payment: payment-amount-not-positive"));
    assertThat(expected.orders().get("a").paymentIds()).isEmpty();
    assertThat(expected.orders().get("b").status()).isEqualTo("placed");
    assertThat(expected.orders().get("c").status()).isEqualTo("confirmed");
    assertThat(expected.orders().get("c").paymentIds()).containsExactly("c-2");
  }

  @Test
  void a_declined_payment_is_known_but_not_paid() {
    OrderRow row = expected(order("a", "created").paid("110.00")).orders().get("a");

    assertThat(row.status()).isEqualTo("placed");
    assertThat(row.paid()).isEqualTo(brl("0.00"));
    assertThat(row.paymentIds()).containsExactly("a-1");
    assertThat(row.shipmentId()).isNull();
  }

  @Test
  void paid_before_it_was_placed_an_order_is_confirmed_when_it_is_placed() {
    OrderRow row =
        expected(order("a", "processing").purchased(3).paid("110.00").approved(2))
            .orders()
            .get("a");

    assertThat(row.status()).isEqualTo("confirmed");
    assertThat(row.confirmedAt()).isEqualTo(day(3));
  }

  @Test
  void a_review_id_counts_for_the_order_that_had_it_first() {
    Expected expected =
        expected(
            order("a", "processing").paid("110.00").approved(2).review("r", 1, 7, 8),
            order("b", "processing").paid("110.00").approved(2).review("r", 1, 7, 8));

    assertThat(oddOutcomes(expected))
        .isEqualTo(
            Map.of(
                "post-review b",
                "422 review: review-already-posted",
                "answer-review b",
                Outcome.UNCHANGED.label()));
    assertThat(expected.orders().get("a").reviews()).isEqualTo(1);
    assertThat(expected.orders().get("b").reviews()).isZero();
    assertThat(expected.sellers().get("s1").reviews()).isEqualTo(1);
  }

  @Test
  void of_several_reviews_the_latest_is_the_score_and_the_greater_id_decides_a_tie() {
    Expected expected =
        expected(
            order("a", "processing")
                .paid("110.00")
                .approved(2)
                .review("r1", 5, 9, 9)
                .review("r2", 1, 7, 8),
            order("b", "processing")
                .paid("110.00")
                .approved(2)
                .review("r4", 2, 7, 8)
                .review("r3", 5, 7, 8));

    assertThat(expected.orders().get("a").reviewScore()).isEqualTo(5);
    assertThat(expected.orders().get("b").reviewScore()).isEqualTo(2);
    assertThat(expected.sellers().get("s1").averageScore()).isEqualTo(brl("3.25"));
  }

  @Test
  void a_review_from_before_the_purchase_is_part_of_the_order_all_the_same() {
    OrderRow row =
        expected(
                order("a", "processing")
                    .purchased(5)
                    .paid("110.00")
                    .approved(6)
                    .review("r", 3, 1, 2))
            .orders()
            .get("a");

    assertThat(row.reviewScore()).isEqualTo(3);
  }

  @Test
  void the_sums_are_the_sums_of_the_orders_that_were_sold() {
    Expected expected =
        expected(
            order("a", "processing").item("s1", "20.00", "0.00").paid("130.00").approved(2),
            order("b", "canceled").paid("110.00").approved(2),
            order("c", "created").paid("110.00"));

    assertThat(expected.sellers().get("s1"))
        .isEqualTo(new SellerRow(1, 2, brl("120.00"), 0, 0, null));
    assertThat(List.copyOf(expected.days().values()))
        .containsExactly(new DayRow(3, brl("120.00"), 1, 0));
  }
}
