package io.headrace.projection.platform.engine;

import io.quarkus.logging.Log;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;

/** The rate of a rebuild: measured, kept below the limit, and told to whoever asks. */
final class RebuildRate {

  private static final Duration TELL_EVERY = Duration.ofMillis(500);
  private static final Duration LOG_EVERY = Duration.ofSeconds(10);

  /** Of the latest measurement in the rate that is told, at least: batches come in jumps. */
  private static final double LEAST_WEIGHT = 0.1;

  private final RebuildNotes notes;
  private final RebuildState state;
  private final long since = System.nanoTime();
  private long taken;
  private long told = System.nanoTime();
  private long toldEvents;
  private int measured;
  private double rate;
  private long logged = System.nanoTime();

  /**
   * @param state as it is now; the rate lasts until the operator wants it otherwise
   */
  RebuildRate(RebuildNotes notes, RebuildState state) {
    this.notes = notes;
    this.state = state;
  }

  void took(int events) {
    taken += events;
  }

  /** By how much the limit is exceeded. */
  Duration ahead() {
    Integer limit = state.eventsPerSecond();
    if (limit == null) {
      return Duration.ZERO;
    }
    long due = since + (long) (taken * 1e9 / limit);
    return Duration.ofNanos(due - System.nanoTime());
  }

  /**
   * Now and then writes the rate down, and looks what the operator wants.
   *
   * @return false if that is something else than this
   */
  boolean goesOn() throws SQLException {
    long now = System.nanoTime();
    if (now - told < TELL_EVERY.toNanos()) {
      return true;
    }
    double latest = (taken - toldEvents) * 1e9 / (now - told);
    // The mean of all at first, later of the last few seconds.
    rate += (latest - rate) * Math.max(LEAST_WEIGHT, 1.0 / ++measured);
    told = now;
    toldEvents = taken;
    notes.rate(rate);
    RebuildState current = notes.read().orElse(null);
    if (current == null) {
      return false;
    }
    if (now - logged > LOG_EVERY.toNanos()) {
      logged = now;
      Log.infof(
          "View %s, generation %d: %d of %s events, %.0f a second%s",
          current.view(),
          current.generation(),
          current.eventsDone(),
          current.eventsTotal() == null ? "?" : current.eventsTotal(),
          rate,
          current.secondsLeft() == null ? "" : ", " + current.secondsLeft() + " s left");
    }
    return !current.paused() && Objects.equals(current.eventsPerSecond(), state.eventsPerSecond());
  }
}
