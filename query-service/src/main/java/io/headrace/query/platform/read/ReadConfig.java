package io.headrace.query.platform.read;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How reads treat the database, and how long they wait for it. */
@ConfigMapping(prefix = "headrace.query.read")
public interface ReadConfig {

  /** How long one read may take before the client is told to come back (503). */
  @WithDefault("PT4S")
  Duration timeout();

  /**
   * How many reads by key there may be at once, waiting for their statement included, and how many
   * other reads; more are refused at once (503) rather than queued.
   */
  @WithDefault("256")
  int concurrency();

  /** How often a read is tried again when its connection broke, after a short random pause. */
  @WithDefault("1")
  int retries();

  /**
   * The circuit opens when half of so many reads in a row found no database; those by key that
   * share a statement are one.
   */
  @WithDefault("20")
  int circuitVolume();

  /** How long an open circuit refuses reads before it lets one through to try; also Retry-After. */
  @WithDefault("PT1S")
  Duration circuitDelay();

  /**
   * For how long a position that was read is told again. A position is always read before the rows
   * it is told with, so an older one is still true: the rows are at least as fresh.
   */
  @WithDefault("PT0.2S")
  Duration positionAge();

  /**
   * How long a connection may stay silent before it is given up, so that a database that vanished
   * without closing its connections is noticed. Longer than any statement may take, those of
   * exports included.
   */
  @WithDefault("PT15S")
  Duration connectionSilence();
}
