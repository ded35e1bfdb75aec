package io.headrace.query.platform.read;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.List;

/** How long a query waits for a view to have what its consistency token speaks of. */
@ConfigMapping(prefix = "headrace.consistency")
interface ConsistencyConfig {

  /**
   * The secret keys of consistency tokens, separated by commas; a token of any of them is
   * recognized. The command service needs the same: it makes tokens with its first.
   */
  @WithDefault("headrace")
  List<String> keys();

  /** How long a query with a token waits that does not say ({@code Prefer: wait=<seconds>}). */
  @WithDefault("PT5S")
  Duration defaultWait();

  /** The longest time that a client may have a query wait. */
  @WithDefault("PT10S")
  Duration maxWait();

  /** The most queries that wait at once; one more is refused (503). They cost no thread. */
  @WithDefault("5000")
  int maxWaiting();

  /** The most tokens in one query. */
  @WithDefault("20")
  int maxTokens();

  /**
   * How often a view is looked at while queries wait for it, should the worker not have told of a
   * commit, or its message have been lost.
   */
  @WithDefault("PT1S")
  Duration recheck();
}
