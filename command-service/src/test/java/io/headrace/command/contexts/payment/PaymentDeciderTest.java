package io.headrace.command.contexts.payment;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.command.contexts.payment.PaymentCommand.AuthorizePayment;
import io.headrace.command.contexts.payment.PaymentCommand.CapturePayment;
import io.headrace.command.contexts.payment.PaymentCommand.DeclinePayment;
import io.headrace.command.contexts.payment.PaymentCommand.RefundPayment;
import io.headrace.command.contexts.payment.PaymentRejection.PaymentAlreadyKnown;
import io.headrace.command.contexts.payment.PaymentRejection.PaymentAmountNotPositive;
import io.headrace.command.contexts.payment.PaymentRejection.PaymentNotAuthorized;
import io.headrace.command.platform.spi.DeciderSpec;
import io.headrace.command.platform.spi.Decision;
import io.headrace.events.contexts.payment.PaymentEvent;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentAuthorized;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentCaptured;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentDeclined;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentRefunded;
import io.headrace.events.contexts.payment.PaymentMethod;
import io.headrace.events.platform.Money;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PaymentDeciderTest {

  private static final String ID = "o1-1";
  private static final String ORDER = "o1";
  private static final Instant T0 = Instant.parse("2018-01-01T10:00:00Z");
  private static final Instant T1 = T0.plusSeconds(60);
  private static final Money AMOUNT = Money.of("99.90", "BRL");
  private static final PaymentDecider DECIDER = new PaymentDecider();

  private static final AuthorizePayment AUTHORIZE = authorize(AMOUNT);
  private static final DeclinePayment DECLINE =
      new DeclinePayment(ID, ORDER, PaymentMethod.BOLETO, AMOUNT, "never paid", T0);
  private static final CapturePayment CAPTURE = new CapturePayment(ID, T1);
  private static final RefundPayment REFUND = new RefundPayment(ID, "returned", T1);

  private static final PaymentAuthorized AUTHORIZED =
      new PaymentAuthorized(ID, ORDER, PaymentMethod.CREDIT_CARD, 3, AMOUNT, T0);
  private static final PaymentDeclined DECLINED =
      new PaymentDeclined(ID, ORDER, PaymentMethod.BOLETO, AMOUNT, "never paid", T0);
  private static final PaymentCaptured CAPTURED = new PaymentCaptured(ID, ORDER, AMOUNT, T1);
  private static final PaymentRefunded REFUNDED =
      new PaymentRefunded(ID, ORDER, AMOUNT, "returned", T1);

  private static final Map<String, List<PaymentEvent>> HISTORIES =
      Map.of(
          "none", List.of(),
          "authorized", List.of(AUTHORIZED),
          "captured", List.of(AUTHORIZED, CAPTURED),
          "refunded", List.of(AUTHORIZED, REFUNDED),
          "refunded after capture", List.of(AUTHORIZED, CAPTURED, REFUNDED),
          "declined", List.of(DECLINED));

  static Stream<Arguments> matrix() {
    PaymentAlreadyKnown known = new PaymentAlreadyKnown(ID);
    PaymentNotAuthorized none = new PaymentNotAuthorized(ID, "none");
    PaymentNotAuthorized refunded = new PaymentNotAuthorized(ID, "refunded");
    PaymentNotAuthorized declined = new PaymentNotAuthorized(ID, "declined");
    return Stream.of(
            row("none", AUTHORIZED, DECLINED, none, none),
            row("authorized", known, known, CAPTURED, REFUNDED),
            row("captured", known, known, null, REFUNDED),
            row("refunded", known, known, refunded, null),
            row("refunded after capture", known, known, refunded, null),
            row("declined", known, null, declined, declined))
        .flatMap(rows -> rows);
  }

  private static Stream<Arguments> row(
      String state, Object authorize, Object decline, Object capture, Object refund) {
    return Stream.of(
        Arguments.of(state, AUTHORIZE, authorize),
        Arguments.of(state, DECLINE, decline),
        Arguments.of(state, CAPTURE, capture),
        Arguments.of(state, REFUND, refund));
  }

  @ParameterizedTest(name = "{0}: {1} -> {2}")
  @MethodSource("matrix")
  void every_command_has_its_answer_in_every_state(
      String state, PaymentCommand command, Object expected) {
    var answer = DeciderSpec.of(new PaymentDefinition()).given(HISTORIES.get(state)).when(command);
    switch (expected) {
      case null -> answer.thenNothing();
      case PaymentEvent event -> answer.then(event);
      case PaymentRejection reason -> answer.thenRejected(reason);
      default -> throw new AssertionError("no expectation: " + expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.00", "-0.01"})
  void nothing_or_less_cannot_be_authorized(String amount) {
    Money money = Money.of(amount, "BRL");
    DeciderSpec.of(new PaymentDefinition())
        .given()
        .when(authorize(money))
        .thenRejected(new PaymentAmountNotPositive(ID, money));
  }

  @Property
  void never_more_is_captured_or_refunded_than_was_authorized(
      @ForAll("commands") List<PaymentCommand> commands) {
    Payment payment = DECIDER.initial();
    Money authorized = Money.zero("BRL");
    Money captured = Money.zero("BRL");
    Money refunded = Money.zero("BRL");
    for (PaymentCommand command : commands) {
      switch (DECIDER.decide(command, payment)) {
        case Decision.Rejected<PaymentEvent, PaymentRejection>(PaymentRejection reason) ->
            assertThat(reason.message()).isNotBlank();
        case Decision.Accepted<PaymentEvent, PaymentRejection>(List<PaymentEvent> events) -> {
          for (PaymentEvent event : events) {
            payment = DECIDER.evolve(payment, event);
            switch (event) {
              case PaymentAuthorized e -> authorized = authorized.plus(e.amount());
              case PaymentCaptured e -> captured = captured.plus(e.amount());
              case PaymentRefunded e -> refunded = refunded.plus(e.amount());
              case PaymentDeclined _ -> {}
            }
          }
        }
      }
      assertThat(captured).isLessThanOrEqualTo(authorized);
      assertThat(refunded).isLessThanOrEqualTo(authorized);
    }
  }

  @Provide
  Arbitrary<List<PaymentCommand>> commands() {
    return Arbitraries.<PaymentCommand>of(
            AUTHORIZE, authorize(Money.of("0.00", "BRL")), DECLINE, CAPTURE, REFUND)
        .list()
        .ofMaxSize(12);
  }

  @Property
  void any_recorded_event_is_folded_in_any_state(@ForAll("events") List<PaymentEvent> events) {
    Payment payment = DECIDER.initial();
    for (PaymentEvent event : events) {
      payment = DECIDER.evolve(payment, event);
      assertThat(payment).isNotNull();
    }
  }

  @Provide
  Arbitrary<List<PaymentEvent>> events() {
    return Arbitraries.<PaymentEvent>of(AUTHORIZED, DECLINED, CAPTURED, REFUNDED)
        .list()
        .ofMaxSize(8);
  }

  private static AuthorizePayment authorize(Money amount) {
    return new AuthorizePayment(ID, ORDER, PaymentMethod.CREDIT_CARD, 3, amount, T0);
  }
}
