package io.headrace.query.platform.http;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Exports of whole views. */
@ConfigMapping(prefix = "headrace.query.export")
interface ExportConfig {

  /**
   * How many exports may run at once; one more is refused (503). Each holds a connection and a
   * snapshot, which keeps PostgreSQL from cleaning up what has changed since.
   */
  @WithDefault("2")
  int concurrency();

  /** How many rows are in memory at a time. */
  @WithDefault("250")
  int batch();

  /** A client that takes nothing for so long is cut off. */
  @WithDefault("PT60S")
  Duration maxPause();

  /**
   * How long PostgreSQL may take for the next piece. Shorter than a connection may be silent: it is
   * while PostgreSQL works.
   */
  @WithDefault("PT10S")
  Duration fetchTimeout();
}
