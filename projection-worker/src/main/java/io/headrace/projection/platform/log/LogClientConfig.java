package io.headrace.projection.platform.log;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;
import java.util.Map;

/** How the event log is reached. */
@ConfigMapping(prefix = "headrace.command")
interface LogClientConfig {

  /** The base URL of the command service whose log has the contexts that {@link #urls} lacks. */
  @WithDefault("http://localhost:8080")
  URI url();

  /**
   * By context, the base URL of the command service that serves it, where each context, or some of
   * them, has a command service and a log of its own.
   */
  Map<String, URI> urls();

  /** How long an answer may take to begin. */
  @WithDefault("10s")
  Duration answerTimeout();

  /**
   * How long an answer may be silent in the middle. The command service looks for events of the
   * wanted contexts meanwhile.
   */
  @WithDefault("90s")
  Duration silenceTimeout();

  /** How often a call that failed is made again, after a short random pause. */
  @WithDefault("3")
  int retries();

  /** How many calls may be under way at once. */
  @WithDefault("8")
  int concurrency();
}
