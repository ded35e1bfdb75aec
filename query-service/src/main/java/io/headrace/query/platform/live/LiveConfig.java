package io.headrace.query.platform.live;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** How views are watched. */
@ConfigMapping(prefix = "headrace.query.live")
public interface LiveConfig {

  /** How many clients may watch at once; one more is refused (503). */
  @WithDefault("4000")
  int clients();

  /**
   * The least time between two readings of a view's changes. All that is committed in between is
   * read, and told, together.
   */
  @WithDefault("PT0.02S")
  Duration pace();

  /** A view that is watched is looked at so often even if no commit of it is told. */
  @WithDefault("PT1S")
  Duration poll();

  /**
   * How long one reading may take. Clients that it was the first for are refused (503), the others
   * are told by the next one.
   */
  @WithDefault("PT4S")
  Duration timeout();

  /** How often a client to whom nothing happens is sent a sign of life. */
  @WithDefault("PT15S")
  Duration heartbeat();

  /**
   * How many bytes may wait for a client that reads too slowly, beside the rows it was given at
   * first; with more it is dropped.
   */
  @WithDefault("131072")
  int maxWaiting();

  /**
   * How many changed rows are told one by one; where more have changed at once, or while a client
   * was away, its rows are told anew.
   */
  @WithDefault("5000")
  int maxChanges();

  /**
   * How many rows are remembered of a list that is restricted by filters, so as to tell when one
   * leaves it. Beyond, the rows are told anew.
   */
  @WithDefault("2000")
  int maxRemembered();
}
