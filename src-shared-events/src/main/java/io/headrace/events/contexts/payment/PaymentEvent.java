package io.headrace.events.contexts.payment;

import io.headrace.events.platform.ContextEvents;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;

public sealed interface PaymentEvent extends DomainEvent {

  ContextEvents<PaymentEvent> EVENTS =
      ContextEvents.of(
          "payment",
          PaymentEvent.class,
          List.of(
              PaymentAuthorized.class,
              PaymentDeclined.class,
              PaymentCaptured.class,
              PaymentRefunded.class));

  String paymentId();

  String orderId();

  @Override
  default String partitionKey() {
    return orderId();
  }

  /** The money is reserved for the order. */
  @RegisterForReflection
  record PaymentAuthorized(
      String paymentId,
      String orderId,
      PaymentMethod method,
      int installments,
      Money amount,
      Instant authorizedAt)
      implements PaymentEvent {}

  /** The payer's bank has refused. */
  @RegisterForReflection
  record PaymentDeclined(
      String paymentId,
      String orderId,
      PaymentMethod method,
      Money amount,
      String reason,
      Instant declinedAt)
      implements PaymentEvent {}

  /** The reserved money was taken. */
  @RegisterForReflection
  record PaymentCaptured(String paymentId, String orderId, Money amount, Instant capturedAt)
      implements PaymentEvent {}

  /** The money went back to the payer, or its reservation was released. */
  @RegisterForReflection
  record PaymentRefunded(
      String paymentId, String orderId, Money amount, String reason, Instant refundedAt)
      implements PaymentEvent {}
}
