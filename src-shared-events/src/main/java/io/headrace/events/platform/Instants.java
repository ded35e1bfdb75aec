package io.headrace.events.platform;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.datatype.jsr310.deser.InstantDeserializer;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/**
 * Reads times. Each event has some, and the formatters of java.time and Jackson would take a tenth
 * of the time in which a rebuild decodes and folds it.
 */
public final class Instants {

  private static final int FRACTION = "2018-01-31T12:00:00".length();
  private static final int SHORTEST = FRACTION + "Z".length();
  private static final int LONGEST = FRACTION + ".000000000Z".length();
  private static final int NANO_DIGITS = 9;
  private static final int SECONDS_PER_DAY = 86_400;

  private Instants() {}

  /**
   * What {@link Instant#parse} gives.
   *
   * @throws DateTimeParseException if it is no time in ISO 8601
   */
  public static Instant parse(String text) {
    Instant plain = plain(text);
    return plain == null ? Instant.parse(text) : plain;
  }

  /** Null unless it is as {@link Instant#toString} writes the years 0 to 9999. */
  private static @Nullable Instant plain(String text) {
    int zone = text.length() - 1;
    if (zone + 1 < SHORTEST
        || zone + 1 > LONGEST
        || text.charAt(4) != '-'
        || text.charAt(7) != '-'
        || text.charAt(10) != 'T'
        || text.charAt(13) != ':'
        || text.charAt(16) != ':'
        || text.charAt(zone) != 'Z') {
      return null;
    }
    int year = number(text, 0, 4);
    int month = number(text, 5, 7);
    int day = number(text, 8, 10);
    int hour = number(text, 11, 13);
    int minute = number(text, 14, 16);
    int second = number(text, 17, FRACTION);
    int nanos = zone == FRACTION ? 0 : nanos(text, zone);
    boolean exists =
        (year | month | day | hour | minute | second | nanos) >= 0
            && month >= 1
            && month <= 12
            && day >= 1
            && day <= YearMonth.of(year, month).lengthOfMonth()
            && hour <= 23
            && minute <= 59
            && second <= 59;
    return exists
        ? Instant.ofEpochSecond(
            LocalDate.of(year, month, day).toEpochDay() * SECONDS_PER_DAY
                + hour * 3_600
                + minute * 60
                + second,
            nanos)
        : null;
  }

  private static int nanos(String text, int end) {
    int from = FRACTION + 1;
    if (text.charAt(FRACTION) != '.' || from == end) {
      return -1;
    }
    int nanos = number(text, from, end);
    for (int digits = end - from; digits < NANO_DIGITS; digits++) {
      nanos *= 10;
    }
    return nanos;
  }

  /** Below 0 if there is anything but digits. */
  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = 10 * number + digit;
    }
    return number;
  }

  /** Leaves all that is no plain text to Jackson's. */
  static final class Deserializer extends StdScalarDeserializer<Instant> {

    private static final long serialVersionUID = 1;

    Deserializer() {
      super(Instant.class);
    }

    @Override
    public Instant deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      Instant plain = parser.hasToken(JsonToken.VALUE_STRING) ? plain(parser.getText()) : null;
      return plain == null ? InstantDeserializer.INSTANT.deserialize(parser, context) : plain;
    }
  }
}
