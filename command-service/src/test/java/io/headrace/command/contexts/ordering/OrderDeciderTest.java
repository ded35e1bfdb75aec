package io.headrace.command.contexts.ordering;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.command.contexts.ordering.OrderCommand.CancelOrder;
import io.headrace.command.contexts.ordering.OrderCommand.CompleteOrder;
import io.headrace.command.contexts.ordering.OrderCommand.ConfirmOrder;
import io.headrace.command.contexts.ordering.OrderCommand.Line;
import io.headrace.command.contexts.ordering.OrderCommand.PlaceOrder;
import io.headrace.command.contexts.ordering.OrderCommand.RejectOrder;
import io.headrace.command.contexts.ordering.OrderRejection.CurrenciesDiffer;
import io.headrace.command.contexts.ordering.OrderRejection.OrderAlreadyPlaced;
import io.headrace.command.contexts.ordering.OrderRejection.OrderHasNoLines;
import io.headrace.command.contexts.ordering.OrderRejection.OrderNotConfirmed;
import io.headrace.command.contexts.ordering.OrderRejection.OrderNotOpen;
import io.headrace.command.contexts.ordering.OrderRejection.OrderNotPlaced;
import io.headrace.command.contexts.ordering.OrderRejection.OrderTotalTooLarge;
import io.headrace.command.platform.spi.DeciderSpec;
import io.headrace.command.platform.spi.Decision;
import io.headrace.events.contexts.ordering.OrderEvent;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCancelled;
import io.headrace.events.contexts.ordering.OrderEvent.OrderCompleted;
import io.headrace.events.contexts.ordering.OrderEvent.OrderConfirmed;
import io.headrace.events.contexts.ordering.OrderEvent.OrderLine;
import io.headrace.events.contexts.ordering.OrderEvent.OrderPlaced;
import io.headrace.events.contexts.ordering.OrderEvent.OrderRejected;
import io.headrace.events.platform.Money;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class OrderDeciderTest {

  private static final String ID = "o1";
  private static final Instant T0 = Instant.parse("2018-01-01T10:00:00Z");
  private static final Instant T1 = T0.plusSeconds(60);
  private static final LocalDate PROMISED = LocalDate.parse("2018-01-20");
  private static final OrderDecider DECIDER = new OrderDecider();

  private static final PlaceOrder PLACE =
      new PlaceOrder(
          ID,
          "c1",
          List.of(line(2, "10.50", "3.00", "BRL"), line(1, "0.00", "1.25", "BRL")),
          PROMISED,
          T0);
  private static final ConfirmOrder CONFIRM = new ConfirmOrder(ID, T1);
  private static final CancelOrder CANCEL = new CancelOrder(ID, "changed my mind", T1);
  private static final RejectOrder REJECT = new RejectOrder(ID, "sold out", T1);
  private static final CompleteOrder COMPLETE = new CompleteOrder(ID, T1);

  private static final OrderPlaced PLACED =
      new OrderPlaced(
          ID,
          "c1",
          List.of(
              new OrderLine("p1", "s1", 2, brl("10.50"), brl("3.00")),
              new OrderLine("p1", "s1", 1, brl("0.00"), brl("1.25"))),
          brl("21.00"),
          brl("4.25"),
          brl("25.25"),
          PROMISED,
          T0);
  private static final OrderConfirmed CONFIRMED = new OrderConfirmed(ID, T1);
  private static final OrderCancelled CANCELLED = new OrderCancelled(ID, "changed my mind", T1);
  private static final OrderRejected REJECTED = new OrderRejected(ID, "sold out", T1);
  private static final OrderCompleted COMPLETED = new OrderCompleted(ID, T1);

  private static final Map<String, List<OrderEvent>> HISTORIES =
      Map.of(
          "none", List.of(),
          "placed", List.of(PLACED),
          "confirmed", List.of(PLACED, CONFIRMED),
          "completed", List.of(PLACED, CONFIRMED, COMPLETED),
          "cancelled", List.of(PLACED, CANCELLED),
          "cancelled after confirmation", List.of(PLACED, CONFIRMED, CANCELLED),
          "rejected", List.of(PLACED, REJECTED),
          "rejected after confirmation", List.of(PLACED, CONFIRMED, REJECTED));

  /** Every state with every command: an event, nothing (null), or a rejection. */
  static Stream<Arguments> matrix() {
    OrderAlreadyPlaced already = new OrderAlreadyPlaced(ID);
    OrderNotPlaced notPlaced = new OrderNotPlaced(ID);
    OrderNotOpen completed = new OrderNotOpen(ID, "completed");
    OrderNotOpen cancelled = new OrderNotOpen(ID, "cancelled");
    OrderNotOpen rejected = new OrderNotOpen(ID, "rejected");
    return Stream.of(
            row("none", PLACED, notPlaced, notPlaced, notPlaced, notPlaced),
            row("placed", already, CONFIRMED, CANCELLED, REJECTED, new OrderNotConfirmed(ID)),
            row("confirmed", already, null, CANCELLED, REJECTED, COMPLETED),
            row("completed", already, completed, completed, completed, null),
            row("cancelled", already, cancelled, null, cancelled, cancelled),
            row("cancelled after confirmation", already, cancelled, null, cancelled, cancelled),
            row("rejected", already, rejected, rejected, null, rejected),
            row("rejected after confirmation", already, rejected, rejected, null, rejected))
        .flatMap(rows -> rows);
  }

  private static Stream<Arguments> row(
      String state, Object place, Object confirm, Object cancel, Object reject, Object complete) {
    return Stream.of(
        Arguments.of(state, PLACE, place),
        Arguments.of(state, CONFIRM, confirm),
        Arguments.of(state, CANCEL, cancel),
        Arguments.of(state, REJECT, reject),
        Arguments.of(state, COMPLETE, complete));
  }

  @ParameterizedTest(name = "{0}: {1} -> {2}")
  @MethodSource("matrix")
  void every_command_has_its_answer_in_every_state(
      String state, OrderCommand command, Object expected) {
    var answer = DeciderSpec.of(new OrderDefinition()).given(HISTORIES.get(state)).when(command);
    switch (expected) {
      case null -> answer.thenNothing();
      case OrderEvent event -> answer.then(event);
      case OrderRejection reason -> answer.thenRejected(reason);
      default -> throw new AssertionError("no expectation: " + expected);
    }
  }

  @Test
  void an_order_without_lines_is_rejected() {
    given().when(place(List.of())).thenRejected(new OrderHasNoLines(ID));
  }

  @Test
  void lines_in_two_currencies_are_rejected() {
    given()
        .when(place(List.of(line(1, "1.00", "1.00", "BRL"), line(1, "1.00", "1.00", "USD"))))
        .thenRejected(new CurrenciesDiffer(ID, "BRL", "USD"));
  }

  @Test
  void freight_in_another_currency_than_the_price_is_rejected() {
    given()
        .when(place(List.of(new Line("p1", "s1", 1, brl("1.00"), Money.of("1.00", "EUR")))))
        .thenRejected(new CurrenciesDiffer(ID, "BRL", "EUR"));
  }

  @Test
  void a_total_of_more_than_fifteen_digits_is_rejected() {
    given()
        .when(place(List.of(line(100_000, "999999999999999.99", "0.00", "BRL"))))
        .thenRejected(new OrderTotalTooLarge(ID));
    given()
        .when(place(List.of(line(1, "999999999999999.99", "0.01", "BRL"))))
        .thenRejected(new OrderTotalTooLarge(ID));
  }

  @Test
  void the_largest_total_is_accepted() {
    assertThat(
            DECIDER.decide(
                place(List.of(line(1, "999999999999999.98", "0.01", "BRL"))), DECIDER.initial()))
        .isInstanceOf(Decision.Accepted.class);
  }

  @Test
  void a_currency_without_decimals_is_added_up_too() {
    var decision = DECIDER.decide(place(List.of(line(3, "100", "50", "JPY"))), DECIDER.initial());
    assertThat(decision)
        .isInstanceOfSatisfying(
            Decision.Accepted.class,
            accepted ->
                assertThat(((OrderPlaced) accepted.events().getFirst()).total())
                    .isEqualTo(Money.of("350", "JPY")));
  }

  @Property
  void any_lines_get_an_answer_and_an_accepted_order_adds_up(@ForAll("lines") List<Line> lines) {
    switch (DECIDER.decide(place(lines), DECIDER.initial())) {
      case Decision.Rejected<OrderEvent, OrderRejection>(OrderRejection reason) ->
          assertThat(reason.message()).isNotBlank();
      case Decision.Accepted<OrderEvent, OrderRejection>(List<OrderEvent> events) -> {
        OrderPlaced placed = (OrderPlaced) events.getFirst();
        assertThat(placed.items().plus(placed.freight())).isEqualTo(placed.total());
        BigDecimal items =
            lines.stream()
                .map(l -> l.unitPrice().amount().multiply(BigDecimal.valueOf(l.quantity())))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
        assertThat(placed.items().amount()).isEqualByComparingTo(items);
      }
    }
  }

  @Provide
  Arbitrary<List<Line>> lines() {
    Arbitrary<Money> money =
        Combinators.combine(
                Arbitraries.bigDecimals()
                    .between(BigDecimal.ZERO, new BigDecimal("999999999999999.99"))
                    .ofScale(2),
                Arbitraries.frequencyOf(
                    net.jqwik.api.Tuple.of(50, Arbitraries.just("BRL")),
                    net.jqwik.api.Tuple.of(1, Arbitraries.just("USD"))))
            .as(Money::new);
    return Combinators.combine(
            Arbitraries.integers().between(1, OrderCommand.MAX_QUANTITY), money, money)
        .as((quantity, price, freight) -> new Line("p1", "s1", quantity, price, freight))
        .list()
        .ofMaxSize(6);
  }

  @Property
  void any_sequence_of_commands_ends_at_most_once_and_confirms_at_most_once(
      @ForAll("commands") List<OrderCommand> commands) {
    Order order = DECIDER.initial();
    int confirmed = 0;
    int ended = 0;
    for (OrderCommand command : commands) {
      switch (DECIDER.decide(command, order)) {
        case Decision.Rejected<OrderEvent, OrderRejection>(OrderRejection reason) ->
            assertThat(reason.message()).isNotBlank();
        case Decision.Accepted<OrderEvent, OrderRejection>(List<OrderEvent> events) -> {
          for (OrderEvent event : events) {
            order = DECIDER.evolve(order, event);
            confirmed += event instanceof OrderConfirmed ? 1 : 0;
            ended +=
                switch (event) {
                  case OrderCancelled _, OrderRejected _, OrderCompleted _ -> 1;
                  case OrderPlaced _, OrderConfirmed _ -> 0;
                };
          }
        }
      }
    }
    assertThat(confirmed).isLessThanOrEqualTo(1);
    assertThat(ended).isLessThanOrEqualTo(1);
  }

  @Provide
  Arbitrary<List<OrderCommand>> commands() {
    return Arbitraries.<OrderCommand>of(PLACE, CONFIRM, CANCEL, REJECT, COMPLETE)
        .list()
        .ofMaxSize(12);
  }

  @Property
  void any_recorded_event_is_folded_in_any_state(@ForAll("events") List<OrderEvent> events) {
    Order order = DECIDER.initial();
    for (OrderEvent event : events) {
      order = DECIDER.evolve(order, event);
      assertThat(order).isNotNull();
    }
  }

  @Provide
  Arbitrary<List<OrderEvent>> events() {
    return Arbitraries.<OrderEvent>of(PLACED, CONFIRMED, CANCELLED, REJECTED, COMPLETED)
        .list()
        .ofMaxSize(8);
  }

  private static DeciderSpec<OrderCommand, Order, OrderEvent, OrderRejection>.Given given() {
    return DeciderSpec.of(new OrderDefinition()).given();
  }

  private static PlaceOrder place(List<Line> lines) {
    return new PlaceOrder(ID, "c1", lines, PROMISED, T0);
  }

  private static Line line(int quantity, String price, String freight, String currency) {
    return new Line("p1", "s1", quantity, Money.of(price, currency), Money.of(freight, currency));
  }

  private static Money brl(String amount) {
    return Money.of(amount, "BRL");
  }
}
