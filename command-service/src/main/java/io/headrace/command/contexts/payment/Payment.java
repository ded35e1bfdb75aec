package io.headrace.command.contexts.payment;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentAuthorized;
import io.headrace.events.contexts.payment.PaymentEvent.PaymentDeclined;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/** Where a payment stands in its life. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "status")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Payment.None.class, name = "none"),
  @JsonSubTypes.Type(value = Payment.Authorized.class, name = "authorized"),
  @JsonSubTypes.Type(value = Payment.Captured.class, name = "captured"),
  @JsonSubTypes.Type(value = Payment.Refunded.class, name = "refunded"),
  @JsonSubTypes.Type(value = Payment.Declined.class, name = "declined")
})
@RegisterForReflection
@Schema(name = "Payment", description = "Where a payment stands in its life; `status` names it.")
sealed interface Payment {

  @RegisterForReflection
  record None() implements Payment {}

  @RegisterForReflection
  record Authorized(PaymentAuthorized payment) implements Payment {}

  @RegisterForReflection
  record Captured(PaymentAuthorized payment, Instant capturedAt) implements Payment {}

  @RegisterForReflection
  record Refunded(PaymentAuthorized payment, String reason, Instant refundedAt)
      implements Payment {}

  @RegisterForReflection
  record Declined(PaymentDeclined payment) implements Payment {}
}
