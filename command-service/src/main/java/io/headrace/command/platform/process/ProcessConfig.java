package io.headrace.command.platform.process;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How process managers run. */
@ConfigMapping(prefix = "headrace.process")
interface ProcessConfig {

  /** Whether process managers run in this deployment. */
  @WithDefault("true")
  boolean enabled();

  /**
   * What the Kafka consumer groups are called: {@code <group>.<process manager>}. Their offsets
   * only save work after a restart: with a new name a process manager starts from the beginning,
   * and everything that it has handled before is skipped by its version.
   */
  @WithDefault("headrace.process-managers")
  String group();

  /** How many keys of one batch are handled at the same time. */
  @WithDefault("64")
  int concurrency();

  /** The wait before the first retry, when PostgreSQL or the command path does not answer. */
  @WithDefault("100ms")
  Duration retryInitial();

  /** The longest wait between two retries. There is no last retry: an event is never given up. */
  @WithDefault("10s")
  Duration retryMax();

  /** A statement or a command that takes longer is taken as failed, and tried again. */
  @WithDefault("30s")
  Duration timeout();
}
