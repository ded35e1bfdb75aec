package io.headrace.projection.platform.engine;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How views are run. */
@ConfigMapping(prefix = "headrace.projection")
interface ProjectionConfig {

  /** The Kafka consumer group: workers of one group share the partitions. */
  @WithDefault("headrace.views")
  String group();

  /** The most records in one transaction; also what is held in memory, times three. */
  @WithDefault("2000")
  int batchSize();

  /** The first pause after a failed transaction; doubled up to {@link #retryMaxDelay}. */
  @WithDefault("100ms")
  Duration retryDelay();

  /** The longest pause between two tries. */
  @WithDefault("5s")
  Duration retryMaxDelay();

  /** How long a rebalance or a shutdown waits for the batch in work. */
  @WithDefault("20s")
  Duration handoverTimeout();
}
