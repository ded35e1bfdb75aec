package io.headrace.command.platform.dispatch;

import io.quarkus.arc.DefaultBean;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Clock;

/** The one clock; a test may put another in its place. */
class SystemClock {

  @Produces
  @Singleton
  @DefaultBean
  static Clock clock() {
    return Clock.systemUTC();
  }
}
