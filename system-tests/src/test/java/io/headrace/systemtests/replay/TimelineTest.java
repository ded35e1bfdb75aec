package io.headrace.systemtests.replay;

import static io.headrace.systemtests.replay.OrderBuilder.data;
import static io.headrace.systemtests.replay.OrderBuilder.day;
import static io.headrace.systemtests.replay.OrderBuilder.order;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {

  private static List<String> plan(OrderBuilder... orders) {
    return Timeline.of(data(orders)).stream()
        .map(step -> step.command() + " " + step.stream().id())
        .toList();
  }

  @Test
  void the_steps_of_all_orders_are_in_the_order_in_which_they_happened() {
    assertThat(
            plan(
                order("b", "delivered")
                    .paid("60.00")
                    .paid("50.00")
                    .approved(2)
                    .carrier(4)
                    .customer(6)
                    .review("r", 5, 7, 8),
                order("a", "shipped").purchased(3).paid("110.00").approved(3).carrier(5)))
        .containsExactly(
            "place-order b",
            "authorize-payment b-1",
            "authorize-payment b-2",
            "place-order a",
            "authorize-payment a-1",
            "dispatch-shipment b",
            "dispatch-shipment a",
            "deliver-shipment b",
            "post-review r",
            "answer-review r");
  }

  @Test
  void a_step_that_happened_too_early_stays_early() {
    assertThat(plan(order("a", "delivered").paid("110.00").approved(5).carrier(3).customer(2)))
        .containsExactly(
            "place-order a", "deliver-shipment a", "dispatch-shipment a", "authorize-payment a-1");
  }

  @Test
  void at_the_same_instant_a_life_begins_before_it_goes_on_and_the_id_decides_between_orders() {
    assertThat(
            plan(
                order("b", "canceled").paid("110.00").approved(1),
                order("a", "shipped").paid("110.00").approved(1).carrier(1)))
        .containsExactly(
            "place-order a",
            "place-order b",
            "authorize-payment a-1",
            "authorize-payment b-1",
            "dispatch-shipment a",
            "cancel-order b");
  }

  @Test
  void without_an_approval_payments_are_declined_at_the_time_of_purchase() {
    assertThat(Timeline.of(data(order("a", "created").purchased(2).paid("110.00"))))
        .satisfiesExactly(
            step -> assertThat(step).isInstanceOf(Step.PlaceOrder.class),
            step -> {
              assertThat(step).isInstanceOf(Step.DeclinePayment.class);
              assertThat(step.at()).isEqualTo(day(2));
            });
  }

  @Test
  void a_cancellation_and_a_rejection_happen_at_the_last_known_time() {
    assertThat(
            Timeline.of(
                    data(
                        order("a", "canceled").paid("110.00").approved(2).carrier(6),
                        order("b", "unavailable").paid("110.00").approved(4)))
                .stream()
                .filter(s -> s instanceof Step.CancelOrder || s instanceof Step.RejectOrder))
        .extracting(Step::command, Step::at)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("reject-order", day(4)),
            org.assertj.core.groups.Tuple.tuple("cancel-order", day(6)));
  }

  @Test
  void every_step_has_a_key_of_its_own_even_for_a_review_that_occurs_on_two_orders() {
    List<Step> steps =
        Timeline.of(
            data(
                order("a", "delivered").paid("110.00").approved(2).review("r", 5, 7, 8),
                order("b", "delivered").paid("110.00").approved(2).review("r", 5, 7, 8)));

    assertThat(steps.stream().map(step -> Command.of(step).idempotencyKey()))
        .doesNotHaveDuplicates();
  }
}
