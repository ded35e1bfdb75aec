package io.headrace.command.platform.idempotency;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How long answers are remembered. */
@ConfigMapping(prefix = "headrace.idempotency")
interface IdempotencyConfig {

  /**
   * For this time a command that is sent again with its {@code Idempotency-Key} gets the answer of
   * the first time. Longer than any client or process manager tries again.
   */
  @WithDefault("7D")
  Duration retention();

  /** The pause between two looks for answers to forget. */
  @WithDefault("1M")
  Duration sweepEvery();

  /** The most answers that one transaction forgets, so that it holds no lock for long. */
  @WithDefault("2000")
  int deleteBatch();
}
