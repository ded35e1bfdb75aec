package io.headrace.systemtests.replay;

import static io.headrace.systemtests.replay.OrderBuilder.data;
import static io.headrace.systemtests.replay.OrderBuilder.day;
import static io.headrace.systemtests.replay.OrderBuilder.order;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReconciliationTest {

  private final Expected expected =
      Model.of(
          Timeline.of(
              data(
                  order("a", "delivered").paid("110.00").approved(2).carrier(3).customer(4),
                  order("b", "canceled").paid("110.00").approved(2).review("r", 2, 5, 6))));
  private final Observed right = Observed.exactly(expected);

  private List<String> differences(Observed observed) {
    Reconciliation reconciliation = Reconciliation.of(expected, observed);
    assertThat(reconciliation.holds()).isEqualTo(reconciliation.differences().isEmpty());
    return reconciliation.differences();
  }

  @Test
  void nothing_differs_when_all_is_as_expected() {
    assertThat(differences(right)).isEmpty();
    assertThat(Reconciliation.of(expected, right).table()).doesNotContain("DIFFERENT");
  }

  @Test
  void a_step_that_ended_otherwise_is_named() {
    List<Outcome> outcomes = new ArrayList<>(right.outcomes());
    outcomes.set(0, new Outcome.Rejected("ordering", "order-already-placed"));

    assertThat(
            differences(
                new Observed(
                    outcomes,
                    List.of("before x: y"),
                    right.orders(),
                    right.sellers(),
                    right.customers(),
                    right.days(),
                    right.streams())))
        .containsExactly(
            "place-order /ordering/orders/a at 2018-01-01T12:00:00Z: expected accepted, got 422"
                + " ordering: order-already-placed",
            "a reaction is missing before x: y");
  }

  @Test
  void an_order_that_is_missing_and_a_field_that_differs_are_named() {
    OrderRow b = expected.orders().get("b");
    OrderRow other =
        new OrderRow(
            b.orderId(),
            b.customerId(),
            b.status(),
            b.sellers(),
            b.lines(),
            b.items(),
            b.freight(),
            b.total(),
            b.paid(),
            new BigDecimal("0.00"),
            b.promisedDelivery(),
            b.placedAt(),
            day(9),
            b.shippedAt(),
            b.deliveredAt(),
            b.completedAt(),
            b.cancelledAt(),
            b.rejectedAt(),
            b.late(),
            b.cancelReason(),
            b.rejectReason(),
            b.paymentIds(),
            b.shipmentId(),
            b.reviews(),
            b.reviewScore());

    assertThat(
            differences(
                new Observed(
                    right.outcomes(),
                    List.of(),
                    Map.of("b", other),
                    right.sellers(),
                    right.customers(),
                    right.days(),
                    right.streams())))
        .containsExactly(
            "order a is not in the view",
            "order b, refunded: expected 110.00, got 0.00",
            "order b, confirmedAt: expected 2018-01-02T12:00:00Z, got 2018-01-09T12:00:00Z");
  }

  @Test
  void every_sum_and_every_version_is_compared() {
    Map<String, SellerRow> sellers = new HashMap<>(right.sellers());
    sellers.put("s1", new SellerRow(1, 1, new BigDecimal("100.01"), 0, 1, new BigDecimal("2.00")));
    Map<LocalDate, DayRow> days = new HashMap<>(right.days());
    days.put(LocalDate.parse("2018-01-02"), new DayRow(1, new BigDecimal("0.00"), 0, 0));
    Map<StreamRef, Integer> streams = new HashMap<>(right.streams());
    streams.put(StreamRef.payment("a-1"), 3);

    assertThat(
            differences(
                new Observed(
                    right.outcomes(),
                    List.of(),
                    right.orders(),
                    sellers,
                    Map.of("customer", List.of("a")),
                    days,
                    streams)))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("seller s1: expected").contains("100.01"),
            line -> assertThat(line).startsWith("day 2018-01-02: expected"),
            line -> assertThat(line).isEqualTo("customer customer: expected [a, b], got [a]"),
            line ->
                assertThat(line)
                    .isEqualTo("stream version /payment/payments/a-1: expected 2, got 3"));
  }
}
