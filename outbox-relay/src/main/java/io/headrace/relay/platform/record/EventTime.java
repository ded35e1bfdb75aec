package io.headrace.relay.platform.record;

import java.time.Instant;

/**
 * Microseconds since 1970 as {@link Instant#toString} writes them, which takes its time: mostly the
 * second is the one before. For one thread.
 */
final class EventTime {

  private static final long MICROS = 1_000_000;

  private long second = Long.MIN_VALUE;

  /** Up to the second, without the zone. */
  private String prefix = "";

  String text(long micros) {
    long seconds = Math.floorDiv(micros, MICROS);
    if (seconds != second) {
      String whole = Instant.ofEpochSecond(seconds).toString();
      prefix = whole.substring(0, whole.length() - 1);
      second = seconds;
    }
    int fraction = (int) Math.floorMod(micros, MICROS);
    if (fraction == 0) {
      return prefix + "Z";
    }
    return fraction % 1_000 == 0
        ? prefix + "." + digits(fraction / 1_000, 3) + "Z"
        : prefix + "." + digits(fraction, 6) + "Z";
  }

  private static String digits(int number, int width) {
    byte[] digits = new byte[width];
    int rest = number;
    for (int i = width - 1; i >= 0; i--) {
      digits[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    return new String(digits, java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
