package io.headrace.command.platform.dispatch;

import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** The one clock; a test may put another in its place. */
final class SystemClock {

  private SystemClock() {}

  @Produces
  @Singleton
  @io.quarkus.arc.DefaultBean
  static Clock clock() {
    return Clock.systemUTC();
  }
}
