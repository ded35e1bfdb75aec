package io.headrace.command.contexts.ordering;

import io.headrace.command.platform.spi.Rejection;
import io.quarkus.runtime.annotations.RegisterForReflection;

sealed interface OrderRejection extends Rejection {

  @RegisterForReflection
  record OrderHasNoLines(String orderId) implements OrderRejection {

    @Override
    public String message() {
      return "An order needs at least one line.";
    }
  }

  @RegisterForReflection
  record CurrenciesDiffer(String orderId, String currency, String otherCurrency)
      implements OrderRejection {

    @Override
    public String message() {
      return "All lines of an order are in one currency, not in %s and %s."
          .formatted(currency, otherCurrency);
    }
  }

  @RegisterForReflection
  record OrderTotalTooLarge(String orderId) implements OrderRejection {

    @Override
    public String message() {
      return "The total of the lines has more than 15 digits before the point.";
    }
  }

  @RegisterForReflection
  record OrderAlreadyPlaced(String orderId) implements OrderRejection {

    @Override
    public String message() {
      return "There already is an order %s.".formatted(orderId);
    }
  }

  @RegisterForReflection
  record OrderNotPlaced(String orderId) implements OrderRejection {

    @Override
    public String message() {
      return "There is no order %s.".formatted(orderId);
    }
  }

  @RegisterForReflection
  record OrderNotConfirmed(String orderId) implements OrderRejection {

    @Override
    public String message() {
      return "Order %s is not paid for yet.".formatted(orderId);
    }
  }

  /**
   * @param status {@code completed}, {@code cancelled} or {@code rejected}
   */
  @RegisterForReflection
  record OrderNotOpen(String orderId, String status) implements OrderRejection {

    @Override
    public String message() {
      return "Order %s is %s; nothing about it can change any more.".formatted(orderId, status);
    }
  }
}
