package io.headrace.command.platform.log;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the log talks to PostgreSQL. */
@ConfigMapping(prefix = "headrace.log-store")
interface LogConfig {

  /** After this time PostgreSQL gives up a statement and rolls it back; must be below 5 s. */
  @WithDefault("4S")
  Duration statementTimeout();

  /**
   * A connection on which nothing has come or gone for this long is closed. A server that vanished
   * without a word is given up by that, instead of after the minutes that TCP takes. Above {@link
   * #statementTimeout}; a waiting statement is silent too.
   */
  @WithDefault("15S")
  Duration connectionSilence();

  /** The most streams that one read asks for. */
  @WithDefault("200")
  int readBatch();
}
