package io.headrace.projection.platform.engine;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** How views are run. */
@ConfigMapping(prefix = "headrace.projection")
interface ProjectionConfig {

  /**
   * What the Kafka consumer groups are called: {@code <group>.<view>.g<generation>}. Workers of one
   * group share the partitions.
   */
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

  /** How often a worker looks for generations to run, for gaps to heal, and for rebuilds to do. */
  @WithDefault("500ms")
  Duration supervisionInterval();

  /** Gaps, filled from the event log. */
  Gaps gaps();

  /** What is kept for those who watch views. */
  Changes changes();

  /** Rebuilds of views. */
  Rebuild rebuild();

  interface Changes {

    /**
     * For how long it is known which rows have changed. A client that was away for longer is told
     * everything anew.
     */
    @WithDefault("15m")
    Duration retention();

    /** How often what is older is deleted. */
    @WithDefault("1m")
    Duration pruneInterval();
  }

  interface Gaps {

    /** The first pause after a gap that the log could not fill; doubled up to the longest. */
    @WithDefault("1s")
    Duration retryDelay();

    /** The longest pause. */
    @WithDefault("5m")
    Duration retryMaxDelay();
  }

  interface Rebuild {

    /** The most events of the log in one transaction. */
    @WithDefault("1000")
    int batchSize();

    /** How many events a second a rebuild takes from the log; absent: as many as it can. */
    Optional<Integer> eventsPerSecond();

    /**
     * For how long the generation that was replaced is kept, and kept up to date, so that a
     * rollback is one command.
     */
    @WithDefault("24h")
    Duration keep();

    /**
     * Whether a new version of a view takes the place of the old one without being asked for,
     * although their rows differ: a new version says itself that they will. Otherwise the rebuild
     * waits for an operator.
     */
    @WithDefault("true")
    boolean acceptNewVersions();

    /**
     * How long the comparison waits for both generations to be at one position. They cannot be if
     * nobody folds the old one any more.
     */
    @WithDefault("1m")
    Duration positionTimeout();
  }
}
