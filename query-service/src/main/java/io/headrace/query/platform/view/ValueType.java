package io.headrace.query.platform.view;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * How a value is written in a request, read strictly: what is not such a value is refused here and
 * never reaches the database.
 *
 * @param expected what a value must be, as the end of the sentence "must be …"
 * @param format the OpenAPI format of the string, empty for none
 * @param allowed the values if there are only so many, otherwise empty
 * @param ordered whether asking for more or less than a value makes sense
 * @param reader throws {@link IllegalArgumentException} or {@link DateTimeException} for anything
 *     else; the inverse of {@code toString} of its result
 */
public record ValueType(
    String expected,
    String format,
    List<String> allowed,
    boolean ordered,
    Function<String, Object> reader) {

  private static final int MAX_TEXT = 200;
  private static final Pattern DECIMAL_DIGITS = Pattern.compile("-?[0-9]{1,30}(\\.[0-9]{1,15})?");

  /** An id or a word. PostgreSQL knows no NUL in a text, and no id has control characters. */
  public static final ValueType TEXT =
      new ValueType(
          "1 to " + MAX_TEXT + " characters without control characters",
          "",
          List.of(),
          false,
          ValueType::text);

  public static final ValueType INSTANT =
      new ValueType(
          "a time such as 2018-01-31T12:30:00Z", "date-time", List.of(), true, ValueType::instant);

  public static final ValueType DATE =
      new ValueType("a date such as 2018-01-31", "date", List.of(), true, ValueType::date);

  /** Of attributes that are {@code int} or {@code Integer}. */
  public static final ValueType INTEGER =
      new ValueType(
          "a whole number between -2147483648 and 2147483647",
          "int32",
          List.of(),
          true,
          Integer::valueOf);

  /** Of attributes that are {@code long} or {@code Long}. */
  public static final ValueType LONG =
      new ValueType("a whole number of 64 bits", "int64", List.of(), true, Long::valueOf);

  /** Of attributes that are {@code BigDecimal}. */
  public static final ValueType DECIMAL =
      new ValueType(
          "a decimal number such as 12.30", "decimal", List.of(), true, ValueType::decimal);

  /** Of attributes that are {@code boolean} or {@code Boolean}. */
  public static final ValueType BOOLEAN =
      new ValueType("true or false", "", List.of("true", "false"), false, ValueType::truth);

  /** One of a few words. */
  public static ValueType oneOf(List<String> words) {
    return new ValueType(
        "one of " + String.join(", ", words),
        "",
        List.copyOf(words),
        false,
        value -> {
          if (!words.contains(value)) {
            throw new IllegalArgumentException(value);
          }
          return value;
        });
  }

  /**
   * @throws IllegalArgumentException if it is no such value
   */
  public Object read(String value) {
    try {
      return reader.apply(value);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(value, e);
    }
  }

  private static Object text(String value) {
    if (value.isBlank()
        || value.length() > MAX_TEXT
        || value.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(value);
    }
    return value;
  }

  // An exponent would let a few characters stand for a number of any length.
  private static Object decimal(String value) {
    if (!DECIMAL_DIGITS.matcher(value).matches()) {
      throw new IllegalArgumentException(value);
    }
    return new BigDecimal(value);
  }

  private static Object truth(String value) {
    return switch (value) {
      case "true" -> true;
      case "false" -> false;
      default -> throw new IllegalArgumentException(value);
    };
  }

  // PostgreSQL knows neither dates before 4713 BC nor years of more than six digits.
  private static Object instant(String value) {
    var instant = Instant.parse(value);
    inReach(instant.atOffset(java.time.ZoneOffset.UTC).getYear());
    return instant;
  }

  private static Object date(String value) {
    var date = LocalDate.parse(value);
    inReach(date.getYear());
    return date;
  }

  private static void inReach(int year) {
    if (year < 1 || year > 9999) {
      throw new IllegalArgumentException("year " + year);
    }
  }
}
