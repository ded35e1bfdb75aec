package io.headrace.query.platform.read;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How far a view had come when it was read, at least.
 *
 * @param view the name of the progress
 * @param generation of its tables; positions are comparable only within one
 * @param events how many events it has taken, never less than before
 * @param newest when the newest of them was recorded
 * @param completeUntil the view has taken all that was committed up to then, by the clock of the
 *     database that holds the event log; null if that is not known
 * @param ageWhenRead how long ago that was when this was read, by the clock of the database that
 *     holds the views; null with {@code completeUntil}
 * @param readAt {@link System#nanoTime()} from before this was read
 * @param parked how many streams and rows of the view have events that could not be applied
 * @param rebuilding whether another generation is being built, to take the place of this one
 * @param rowParked whether the row that was read is among {@code parked}
 * @param behind whether the view had not come to what the request's consistency tokens speak of
 */
public record ViewPosition(
    String view,
    int generation,
    long events,
    @Nullable Instant newest,
    @Nullable Instant completeUntil,
    @Nullable Duration ageWhenRead,
    long readAt,
    long parked,
    boolean rebuilding,
    boolean rowParked,
    boolean behind) {

  public static final String HEADER = "View-Position";

  private static final double NANOS = 1e9;

  /**
   * How long ago the view was complete; empty if it is not known. Two machines' clocks are in this,
   * which may differ.
   */
  public Optional<Duration> age() {
    return Optional.ofNullable(ageWhenRead)
        .map(age -> age.plusNanos(System.nanoTime() - readAt))
        .map(age -> age.isNegative() ? Duration.ZERO : age);
  }

  /** As the value of {@link #HEADER}: a dictionary of RFC 9651 (structured field values). */
  public String header() {
    var dictionary = new StringBuilder(160);
    dictionary.append("view=\"").append(view).append("\", generation=").append(generation);
    dictionary.append(", events=").append(events);
    if (newest != null) {
      dictionary.append(", newest=\"").append(newest).append('"');
    }
    if (completeUntil != null) {
      dictionary.append(", complete-until=\"").append(completeUntil).append('"');
      age()
          .ifPresent(
              age -> dictionary.append(String.format(Locale.ROOT, ", age=%.1f", seconds(age))));
    }
    if (parked > 0) {
      dictionary.append(", parked=").append(parked);
    }
    // A member without a value is true.
    flag(dictionary, rowParked, "row-parked");
    flag(dictionary, rebuilding, "rebuilding");
    flag(dictionary, behind, "behind");
    return dictionary.toString();
  }

  private static void flag(StringBuilder dictionary, boolean set, String name) {
    if (set) {
      dictionary.append(", ").append(name);
    }
  }

  private static double seconds(Duration age) {
    return age.toNanos() / NANOS;
  }

  public ViewPosition asBehind() {
    return with(rowParked, true);
  }

  ViewPosition withRowParked() {
    return with(true, behind);
  }

  private ViewPosition with(boolean isRowParked, boolean isBehind) {
    return new ViewPosition(
        view,
        generation,
        events,
        newest,
        completeUntil,
        ageWhenRead,
        readAt,
        parked,
        rebuilding,
        isRowParked,
        isBehind);
  }
}
