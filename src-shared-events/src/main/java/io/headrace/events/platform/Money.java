package io.headrace.events.platform;

import com.fasterxml.jackson.annotation.JsonFormat;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Currency;

/**
 * An exact amount in one currency; in JSON {@code {"amount": "12.30", "currency": "BRL"}}.
 *
 * @param amount in major units, with exactly the currency's number of decimals
 * @param currency an ISO 4217 code in use
 */
@RegisterForReflection
public record Money(@JsonFormat(shape = JsonFormat.Shape.STRING) BigDecimal amount, String currency)
    implements Comparable<Money> {

  /** The largest number of integer digits; beyond it an amount is a mistake, not a price. */
  private static final int MAX_INTEGER_DIGITS = 15;

  /**
   * @throws IllegalArgumentException if the currency is unknown, or the amount has more decimals
   *     than it, or too many digits
   */
  public Money {
    if (amount == null || currency == null) {
      throw new IllegalArgumentException("money needs an amount and a currency");
    }
    int decimals = decimals(currency);
    if ((long) amount.precision() - amount.scale() > MAX_INTEGER_DIGITS) {
      throw new IllegalArgumentException("an amount has at most 15 digits before the point");
    }
    // Before setScale: a scale such as that of 1E-999999999 would be costly to strip.
    if (amount.scale() > decimals + MAX_INTEGER_DIGITS) {
      throw tooFine(currency, decimals);
    }
    try {
      amount = amount.setScale(decimals, RoundingMode.UNNECESSARY);
    } catch (ArithmeticException e) {
      throw tooFine(currency, decimals);
    }
  }

  private static int decimals(String code) {
    try {
      return Math.max(0, Currency.getInstance(code).getDefaultFractionDigits());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + code + "' is not an ISO 4217 currency such as BRL", e);
    }
  }

  private static IllegalArgumentException tooFine(String currency, int decimals) {
    return new IllegalArgumentException(
        "an amount in %s has at most %d decimals".formatted(currency, decimals));
  }

  public static Money of(String amount, String currency) {
    return new Money(new BigDecimal(amount), currency);
  }

  public static Money zero(String currency) {
    return new Money(BigDecimal.ZERO, currency);
  }

  /**
   * @throws IllegalArgumentException if the currencies differ
   */
  public Money plus(Money other) {
    requireSameCurrency(other);
    return new Money(amount.add(other.amount), currency);
  }

  /**
   * @throws IllegalArgumentException if the currencies differ
   */
  public Money minus(Money other) {
    requireSameCurrency(other);
    return new Money(amount.subtract(other.amount), currency);
  }

  public Money times(int factor) {
    return new Money(amount.multiply(BigDecimal.valueOf(factor)), currency);
  }

  // Not isPositive: Jackson would take that for a property.
  public int signum() {
    return amount.signum();
  }

  /**
   * @throws IllegalArgumentException if the currencies differ
   */
  @Override
  public int compareTo(Money other) {
    requireSameCurrency(other);
    return amount.compareTo(other.amount);
  }

  private void requireSameCurrency(Money other) {
    if (!currency.equals(other.currency)) {
      throw new IllegalArgumentException("cannot combine " + currency + " with " + other.currency);
    }
  }

  @Override
  public String toString() {
    return amount.toPlainString() + " " + currency;
  }
}
