package io.headrace.command.contexts.payment;

import static io.headrace.command.platform.spi.Decision.accept;
import static io.headrace.command.platform.spi.Decision.reject;

import io.headrace.command.contexts.payment.Payment.Authorized;
import io.headrace.command.contexts.payment.Payment.Captured;
import io.headrace.command.contexts.payment.Payment.Declined;
import io.headrace.command.contexts.payment.Payment.None;
import io.headrace.command.contexts.payment.Payment.Refunded;
import io.headrace.command.contexts.payment.PaymentCommand.AuthorizePayment;
import io.headrace.command.contexts.payment.PaymentCommand.CapturePayment;
import io.headrace.command.contexts.payment.PaymentCommand.DeclinePayment;
import io.headrace.command.contexts.payment.PaymentCommand.RefundPayment;
import io.headrace.command.contexts.payment.PaymentRejection.PaymentAlreadyKnown;
import io.headrace.command.contexts.payment.PaymentRejection.PaymentAmountNotPositive;
import io.headrace.command.contexts.payment.PaymentRejection.PaymentNotAuthorized;
import io.headrace.command.platform.spi.Decider;
import io.headrace.command.platform.spi.Decision;
import io.headrace.events.contexts.payment.PaymentEvent;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentAuthorized;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentCaptured;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentDeclined;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentRefunded;

final class PaymentDecider
    implements Decider<PaymentCommand, Payment, PaymentEvent, PaymentRejection> {

  private record When(Payment payment, PaymentCommand command) {}

  private record Then(Payment payment, PaymentEvent event) {}

  @Override
  public Payment initial() {
    return new None();
  }

  @Override
  public Decision<PaymentEvent, PaymentRejection> decide(PaymentCommand command, Payment payment) {
    return switch (new When(payment, command)) {
      case When(None _, AuthorizePayment c) -> authorize(c);
      case When(_, AuthorizePayment c) -> reject(new PaymentAlreadyKnown(c.paymentId()));

      case When(None _, DeclinePayment c) ->
          accept(
              new PaymentDeclined(
                  c.paymentId(), c.orderId(), c.method(), c.amount(), c.reason(), c.at()));
      case When(Declined _, DeclinePayment _) -> accept();
      case When(_, DeclinePayment c) -> reject(new PaymentAlreadyKnown(c.paymentId()));

      case When(Authorized(PaymentAuthorized p), CapturePayment c) ->
          accept(new PaymentCaptured(p.paymentId(), p.orderId(), p.amount(), c.at()));
      case When(Captured _, CapturePayment _) -> accept();
      case When(None _, CapturePayment c) -> notAuthorized(c.paymentId(), "none");
      case When(Refunded _, CapturePayment c) -> notAuthorized(c.paymentId(), "refunded");
      case When(Declined _, CapturePayment c) -> notAuthorized(c.paymentId(), "declined");

      case When(Authorized(PaymentAuthorized p), RefundPayment c) -> refund(p, c);
      case When(Captured(PaymentAuthorized p, _), RefundPayment c) -> refund(p, c);
      case When(Refunded _, RefundPayment _) -> accept();
      case When(None _, RefundPayment c) -> notAuthorized(c.paymentId(), "none");
      case When(Declined _, RefundPayment c) -> notAuthorized(c.paymentId(), "declined");
    };
  }

  private static Decision<PaymentEvent, PaymentRejection> authorize(AuthorizePayment c) {
    if (c.amount().signum() <= 0) {
      return reject(new PaymentAmountNotPositive(c.paymentId(), c.amount()));
    }
    return accept(
        new PaymentAuthorized(
            c.paymentId(), c.orderId(), c.method(), c.installments(), c.amount(), c.at()));
  }

  private static Decision<PaymentEvent, PaymentRejection> refund(
      PaymentAuthorized p, RefundPayment c) {
    return accept(new PaymentRefunded(p.paymentId(), p.orderId(), p.amount(), c.reason(), c.at()));
  }

  private static Decision<PaymentEvent, PaymentRejection> notAuthorized(
      String paymentId, String status) {
    return reject(new PaymentNotAuthorized(paymentId, status));
  }

  @Override
  public Payment evolve(Payment payment, PaymentEvent event) {
    return switch (new Then(payment, event)) {
      case Then(_, PaymentAuthorized e) -> new Authorized(e);
      case Then(_, PaymentDeclined e) -> new Declined(e);
      case Then(Authorized(PaymentAuthorized p), PaymentCaptured e) ->
          new Captured(p, e.capturedAt());
      case Then(Authorized(PaymentAuthorized p), PaymentRefunded e) ->
          new Refunded(p, e.reason(), e.refundedAt());
      case Then(Captured(PaymentAuthorized p, _), PaymentRefunded e) ->
          new Refunded(p, e.reason(), e.refundedAt());
      // The decider never emits the rest; a recorded event is not refused, it changes nothing.
      case Then(Payment other, PaymentCaptured _) -> other;
      case Then(Payment other, PaymentRefunded _) -> other;
    };
  }
}
