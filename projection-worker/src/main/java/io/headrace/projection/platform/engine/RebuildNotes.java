package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.headrace.events.platform.EventJson;
import io.headrace.projection.platform.engine.RebuildState.Phase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a rebuild under way writes down about itself, for the operator and for the worker that goes
 * on with it; and what the operator has written there.
 */
final class RebuildNotes {

  private final Transactions transactions;
  private final String view;
  private final int generation;

  RebuildNotes(Transactions transactions, RebuildState begun) {
    this.transactions = transactions;
    this.view = begun.view();
    this.generation = begun.generation();
  }

  /** As it stands now; empty if it is finished, or another one has taken its place. */
  Optional<RebuildState> read() throws SQLException {
    return transactions
        .run(connection -> RebuildState.running(connection, view))
        .filter(state -> state.generation() == generation);
  }

  /** Behind the last event that was taken from the log; null at its beginning. */
  @Nullable String place() throws SQLException {
    return transactions
        .run(
            connection -> {
              try (PreparedStatement statement =
                  connection.prepareStatement(
                      "SELECT place FROM view_rebuild WHERE view = ? AND generation = ?")) {
                statement.setString(1, view);
                statement.setInt(2, generation);
                try (ResultSet results = statement.executeQuery()) {
                  return results.next()
                      ? Optional.ofNullable(results.getString(1))
                      : Optional.<String>empty();
                }
              }
            })
        .orElse(null);
  }

  void rate(double eventsPerSecond) throws SQLException {
    change(
        "events_rate = ?, events_total = greatest(events_total, events_done)",
        statement -> statement.setDouble(1, eventsPerSecond));
  }

  /** The log is read to its end: from now on the topics. */
  void logIsRead(Connection connection) throws SQLException {
    execute(
        connection, "UPDATE view_generation SET follows = true WHERE view = ? AND generation = ?");
    execute(
        connection,
        """
        UPDATE view_rebuild SET phase = 'topic', phase_since = now(), events_total = events_done,
            events_rate = NULL
          WHERE view = ? AND generation = ? AND phase = 'log'""");
  }

  void phase(Phase phase) throws SQLException {
    transactions.run(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  """
                  UPDATE view_rebuild SET phase = ?, phase_since = now()
                    WHERE view = ? AND generation = ? AND finished_at IS NULL""")) {
            statement.setString(1, phase.wire());
            statement.setString(2, view);
            statement.setInt(3, generation);
            return statement.executeUpdate();
          }
        });
  }

  /**
   * @param cause why it does not get on; null if it does
   */
  void failure(@Nullable String cause) throws SQLException {
    change("failure = ?", statement -> statement.setString(1, cause));
  }

  void comparison(Comparison comparison) throws SQLException {
    String json;
    try {
      json = EventJson.mapper().writeValueAsString(comparison);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    change("comparison = ?::jsonb", statement -> statement.setString(1, json));
  }

  private interface Binding {
    void first(PreparedStatement statement) throws SQLException;
  }

  private void change(String set, Binding binding) throws SQLException {
    transactions.run(
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "UPDATE view_rebuild SET %s WHERE view = ? AND generation = ? AND finished_at IS NULL"
                      .formatted(set))) {
            binding.first(statement);
            statement.setString(2, view);
            statement.setInt(3, generation);
            return statement.executeUpdate();
          }
        });
  }

  private void execute(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, view);
      statement.setInt(2, generation);
      statement.executeUpdate();
    }
  }
}
