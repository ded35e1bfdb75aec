package io.headrace.command.contexts.payment;

import io.headrace.command.platform.spi.AggregateId;
import io.headrace.command.platform.spi.DefaultNow;
import io.headrace.command.platform.spi.FourDigitYear;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.command.platform.spi.NotNegative;
import io.headrace.command.platform.spi.Patterns;
import io.headrace.events.contexts.payment.PaymentMethod;
import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

sealed interface PaymentCommand {

  int MAX_INSTALLMENTS = 48;
  int MAX_REASON = 500;

  @RegisterForReflection
  @Schema(description = "The payer's bank has reserved the money for an order.")
  record AuthorizePayment(
      @AggregateId String paymentId,
      @NotNull @Identifier String orderId,
      @NotNull PaymentMethod method,
      @Min(1) @Max(MAX_INSTALLMENTS) int installments,
      @Schema(description = "Above zero.") @NotNull Money amount,
      @DefaultNow @FourDigitYear Instant at)
      implements PaymentCommand {}

  @RegisterForReflection
  @Schema(description = "The payer's bank has refused.")
  record DeclinePayment(
      @AggregateId String paymentId,
      @NotNull @Identifier String orderId,
      @NotNull PaymentMethod method,
      @NotNull @NotNegative Money amount,
      @NotBlank @Size(max = MAX_REASON) @Pattern(regexp = Patterns.TEXT) String reason,
      @DefaultNow @FourDigitYear Instant at)
      implements PaymentCommand {}

  @RegisterForReflection
  @Schema(description = "The reserved money is taken.")
  record CapturePayment(@AggregateId String paymentId, @DefaultNow @FourDigitYear Instant at)
      implements PaymentCommand {}

  @RegisterForReflection
  @Schema(description = "The money goes back, or its reservation is released.")
  record RefundPayment(
      @AggregateId String paymentId,
      @NotBlank @Size(max = MAX_REASON) @Pattern(regexp = Patterns.TEXT) String reason,
      @DefaultNow @FourDigitYear Instant at)
      implements PaymentCommand {}
}
