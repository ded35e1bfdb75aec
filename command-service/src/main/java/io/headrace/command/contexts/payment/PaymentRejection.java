package io.headrace.command.contexts.payment;

import io.headrace.command.platform.spi.Rejection;
import io.headrace.events.platform.Money;
import io.quarkus.runtime.annotations.RegisterForReflection;

sealed interface PaymentRejection extends Rejection {

  @RegisterForReflection
  record PaymentAmountNotPositive(String paymentId, Money amount) implements PaymentRejection {

    @Override
    public String message() {
      return "A payment is of more than nothing, not of %s.".formatted(amount);
    }
  }

  @RegisterForReflection
  record PaymentAlreadyKnown(String paymentId) implements PaymentRejection {

    @Override
    public String message() {
      return "There already is a payment %s.".formatted(paymentId);
    }
  }

  /**
   * @param status {@code none}, {@code declined} or {@code refunded}
   */
  @RegisterForReflection
  record PaymentNotAuthorized(String paymentId, String status) implements PaymentRejection {

    @Override
    public String message() {
      return status.equals("none")
          ? "There is no payment %s.".formatted(paymentId)
          : "Payment %s is %s, so there is no money to take or give back."
              .formatted(paymentId, status);
    }
  }
}
