package io.headrace.query.platform.view;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.function.Function;

/**
 * How a value is written in a request, read strictly: what is not such a value is refused here and
 * never reaches the database.
 *
 * @param expected what a value must be, as the end of the sentence "must be …"
 * @param format the OpenAPI format of the string, empty for none
 * @param allowed the values if there are only so many, otherwise empty
 * @param reader throws {@link IllegalArgumentException} or {@link DateTimeException} for anything
 *     else; the inverse of {@code toString} of its result
 */
public record ValueType(
    String expected, String format, List<String> allowed, Function<String, Object> reader) {

  private static final int MAX_TEXT = 200;

  /** An id or a word. PostgreSQL knows no NUL in a text, and no id has control characters. */
  public static final ValueType TEXT =
      new ValueType(
          "1 to " + MAX_TEXT + " characters without control characters",
          "",
          List.of(),
          ValueType::text);

  public static final ValueType INSTANT =
      new ValueType(
          "a time such as 2018-01-31T12:30:00Z", "date-time", List.of(), ValueType::instant);

  public static final ValueType DATE =
      new ValueType("a date such as 2018-01-31", "date", List.of(), ValueType::date);

  /** One of a few words. */
  public static ValueType oneOf(List<String> words) {
    return new ValueType(
        "one of " + String.join(", ", words),
        "",
        List.copyOf(words),
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
