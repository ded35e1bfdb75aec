package io.headrace.projection.platform.engine;

import io.headrace.events.platform.ViewStreams;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Tells readers that a view has moved on, with the commit of the caller (PostgreSQL delivers a
 * notification when its transaction has committed, and never if it has not). A hint to look again:
 * it may come without need, and a reader that was not connected has missed it. {@link ChangeFeed}
 * sends {@link ViewStreams} before it when it can.
 *
 * <p>A swap of generations tells it always, and waits if need be: with it readers forget what they
 * were told of the former one. {@link ChangeFeed} tells it unless the queue is about to be full.
 *
 * <p>Once a batch, not once an event: notifying transactions commit one after another.
 */
final class ViewChannel {

  /** The payload is {@code <view>:<generation>}. */
  static final String NAME = "headrace_views";

  private ViewChannel() {}

  /** Says nothing unless readers see this generation. */
  static void moved(Connection connection, String view, int generation) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT pg_notify(?, view || ':' || generation) FROM view_generation
              WHERE view = ? AND generation = ? AND state = 'live'""")) {
      statement.setString(1, NAME);
      statement.setString(2, view);
      statement.setInt(3, generation);
      statement.execute();
    }
  }
}
