package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.Failures.RefusedException;
import io.quarkus.logging.Log;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Tries database work until it succeeds, as long as the work is still ours: an outage must pass by
 * itself, and order forbids to go on to the next batch. Written out rather than left to SmallRye
 * Fault Tolerance, whose retries are counted and know nothing of a partition that went elsewhere.
 */
final class Retry {

  private final Duration first;
  private final Duration longest;

  /**
   * @param first the upper bound of the first pause; doubled each time up to {@code longest}, and
   *     each pause is a random part of its bound, so that workers do not come back all at once
   */
  Retry(Duration first, Duration longest) {
    this.first = first;
    this.longest = longest;
  }

  <T> T until(Owner owner, String what, Work<T> work)
      throws AbandonedException, FencedException, RefusedException {
    for (int attempt = 0; ; attempt++) {
      if (!owner.stillOwns()) {
        throw new AbandonedException();
      }
      try {
        T result = work.run();
        owner.succeeded();
        return result;
      } catch (SQLException e) {
        if (isLostRace(e)) {
          Log.debugf("%s starts over: %s", what, e.getMessage());
          continue;
        }
        Duration pause = pause(attempt);
        owner.failed(e);
        Log.warnf(
            "%s failed (attempt %d), again in %d ms: %s",
            what, attempt + 1, pause.toMillis(), e.getMessage());
        Pause.of(pause, () -> !owner.stillOwns());
        if (Thread.currentThread().isInterrupted()) {
          throw new AbandonedException();
        }
      }
    }
  }

  /** Serialization failure (a row that has appeared is one), deadlock: the other one has won. */
  private static boolean isLostRace(SQLException e) {
    return "40001".equals(e.getSQLState()) || "40P01".equals(e.getSQLState());
  }

  private Duration pause(int attempt) {
    long bound = Math.min(longest.toMillis(), first.toMillis() << Math.min(attempt, 20));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(bound / 2, bound + 1));
  }

  interface Work<T> {
    T run() throws SQLException, FencedException, RefusedException;
  }

  /** On whose behalf something is tried. */
  interface Owner {
    boolean stillOwns();

    /** Whether work that must wait for others, and has written nothing yet, is still wanted. */
    default boolean mayWait() {
      return stillOwns();
    }

    default void failed(Exception cause) {}

    default void succeeded() {}
  }
}
