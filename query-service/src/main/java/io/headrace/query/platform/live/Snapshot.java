package io.headrace.query.platform.live;

import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A PostgreSQL snapshot: which transactions it sees (<a
 * href="https://www.postgresql.org/docs/18/functions-info.html#FUNCTIONS-INFO-SNAPSHOT">
 * pg_snapshot</a>).
 *
 * @param xmin every transaction before it is seen, if it was committed
 * @param xmax it and every later one is not seen
 * @param inProgress ascending; those between the two that are not seen
 */
record Snapshot(long xmin, long xmax, long[] inProgress) {

  private static final Pattern TEXT =
      Pattern.compile("([0-9]{1,18}):([0-9]{1,18}):((?:[0-9]{1,18}(?:,[0-9]{1,18})*)?)");

  static Optional<Snapshot> parse(String text) {
    var matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    var list = matcher.group(3);
    var inProgress =
        list.isEmpty()
            ? new long[0]
            : Arrays.stream(list.split(",")).mapToLong(Long::parseLong).toArray();
    var xmin = Long.parseLong(matcher.group(1));
    var xmax = Long.parseLong(matcher.group(2));
    var before = xmin - 1;
    for (var xid : inProgress) {
      if (xid <= before || xid >= xmax) {
        return Optional.empty();
      }
      before = xid;
    }
    return xmin < 1 || xmin > xmax
        ? Optional.empty()
        : Optional.of(new Snapshot(xmin, xmax, inProgress));
  }

  /** Whether what this transaction has done, once it was committed, is in the snapshot. */
  boolean sees(long xid) {
    return xid < xmin || (xid < xmax && Arrays.binarySearch(inProgress, xid) < 0);
  }

  /** As PostgreSQL writes it. */
  String text() {
    var text = new StringBuilder().append(xmin).append(':').append(xmax).append(':');
    for (int i = 0; i < inProgress.length; i++) {
      text.append(i == 0 ? "" : ",").append(inProgress[i]);
    }
    return text.toString();
  }
}
