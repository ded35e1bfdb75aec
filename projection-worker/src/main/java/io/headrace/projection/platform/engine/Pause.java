package io.headrace.projection.platform.engine;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits that a shutdown, or whatever else ends them, does not have to wait for. */
final class Pause {

  private static final long STEP_NANOS = 20_000_000;

  private Pause() {}

  /**
   * Returns when the time is over, or a moment after it is enough, or when the thread is
   * interrupted, which it is then still.
   */
  static void of(Duration duration, BooleanSupplier enough) {
    long end = System.nanoTime() + duration.toNanos();
    try {
      for (long left = duration.toNanos();
          left > 0 && !enough.getAsBoolean();
          left = end - System.nanoTime()) {
        Thread.sleep(Duration.ofNanos(Math.min(left, STEP_NANOS)));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
