package io.headrace.projection.platform.engine;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.sql.DataSource;

/**
 * The right to carry a view's rebuild out, which one worker has at a time: a lock of PostgreSQL
 * that goes with its session.
 */
final class RebuildTurn implements AutoCloseable {

  private final Connection session;
  private final String view;
  private final BooleanSupplier stopping;
  private volatile boolean lost;

  private RebuildTurn(Connection session, String view, BooleanSupplier stopping) {
    this.session = session;
    this.view = view;
    this.stopping = stopping;
  }

  /**
   * @param stopping whether this worker is about to end
   * @return empty if another worker has it
   */
  static Optional<RebuildTurn> take(DataSource dataSource, String view, BooleanSupplier stopping)
      throws SQLException {
    Connection session = dataSource.getConnection();
    try {
      if (lock(session, view)) {
        return Optional.of(new RebuildTurn(session, view, stopping));
      }
      session.close();
      return Optional.empty();
    } catch (SQLException e) {
      session.close();
      throw e;
    }
  }

  private static boolean lock(Connection session, String view) throws SQLException {
    try (PreparedStatement statement =
        session.prepareStatement(
            "SELECT pg_try_advisory_lock(hashtext('headrace.rebuild'), hashtext(?))")) {
      statement.setString(1, view);
      try (ResultSet results = statement.executeQuery()) {
        results.next();
        return results.getBoolean(1);
      }
    }
  }

  /**
   * Whether to go on.
   *
   * @throws SQLException if the session is gone, and so the right
   */
  boolean goesOn() throws SQLException {
    if (stopping.getAsBoolean()) {
      return false;
    }
    if (!session.isValid(5)) {
      lost = true;
      throw new SQLException("the session that holds the rebuild's lock is gone");
    }
    return true;
  }

  /** The same, as far as is known. */
  boolean lasts() {
    return !stopping.getAsBoolean() && !lost;
  }

  /** Returns early if this worker is about to end. */
  void pause(Duration duration) {
    pause(duration, () -> false);
  }

  /**
   * @param enough when to return early
   */
  void pause(Duration duration, BooleanSupplier enough) {
    Pause.of(duration, () -> stopping.getAsBoolean() || enough.getAsBoolean());
  }

  @Override
  public void close() throws SQLException {
    try (session) {
      unlock();
    }
  }

  private void unlock() {
    try (PreparedStatement statement =
        session.prepareStatement(
            "SELECT pg_advisory_unlock(hashtext('headrace.rebuild'), hashtext(?))")) {
      statement.setString(1, view);
      statement.execute();
    } catch (SQLException e) {
      // The session is gone, and the lock with it.
    }
  }
}
