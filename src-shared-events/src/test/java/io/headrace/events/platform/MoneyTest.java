package io.headrace.events.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MoneyTest {

  @Property
  void sums_are_exact(
      @ForAll @LongRange(min = -1_000_000_000, max = 1_000_000_000) long left,
      @ForAll @LongRange(min = -1_000_000_000, max = 1_000_000_000) long right) {
    Money sum = cents(left).plus(cents(right));
    assertThat(sum).isEqualTo(cents(left + right));
    assertThat(sum.minus(cents(right))).isEqualTo(cents(left));
  }

  @Property
  void what_is_written_is_read_again(@ForAll long cents) throws Exception {
    Money money = cents(cents / 100_000);
    String json = EventJson.mapper().writeValueAsString(money);
    assertThat(json).contains("\"amount\":\"" + money.amount().toPlainString() + "\"");
    assertThat(EventJson.mapper().readValue(json, Money.class)).isEqualTo(money);
  }

  @ParameterizedTest
  @CsvSource({"1,BRL,1.00", "99.9,BRL,99.90", "1.500,EUR,1.50", "7,JPY,7", "0.125,KWD,0.125"})
  void an_amount_takes_the_decimals_of_its_currency(String given, String currency, String shown) {
    assertThat(Money.of(given, currency).amount().toPlainString()).isEqualTo(shown);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.001", "1E-999999999", "1E+20", "1234567890123456"})
  void an_amount_too_fine_or_too_large_is_refused(String amount) {
    assertThatThrownBy(() -> Money.of(amount, "BRL")).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "brl", "BRLX", "B"})
  void what_is_no_currency_is_refused(String currency) {
    assertThatThrownBy(() -> Money.of("1", currency))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ISO 4217");
  }

  @Test
  void currencies_never_mix() {
    assertThatThrownBy(() -> Money.of("1", "BRL").plus(Money.of("1", "EUR")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Money cents(long cents) {
    return new Money(BigDecimal.valueOf(cents, 2), "BRL");
  }
}
