package io.headrace.command.platform.log;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How the whole log is read. */
@ConfigMapping(prefix = "headrace.log-stream")
public interface LogStreamConfig {

  /** The most readers at a time, each with a session of its own; one more is told to come later. */
  @WithDefault("4")
  int maxConcurrent();

  /**
   * A reader that takes nothing for this long is cut off: its snapshot keeps PostgreSQL from
   * cleaning up behind the heads of the streams. It can go on where it was.
   */
  @WithDefault("60S")
  Duration maxPause();

  /** The longest that PostgreSQL may look for the next events of the wanted contexts. */
  @WithDefault("60S")
  Duration fetchTimeout();
}
