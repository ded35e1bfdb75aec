package io.headrace.relay.platform.run;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Doubling pauses with jitter, so that relays that failed together do not come back together. */
final class Backoff {

  private final Duration min;
  private final Duration max;
  private int failures;

  Backoff(Duration min, Duration max) {
    this.min = min;
    this.max = max;
  }

  void reset() {
    failures = 0;
  }

  /** Between half and the whole of the next pause. */
  Duration next() {
    long bound = Math.min(max.toMillis(), min.toMillis() << Math.min(failures, 20));
    failures++;
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(bound / 2, bound + 1));
  }

  Duration longest() {
    failures++;
    return max;
  }
}
