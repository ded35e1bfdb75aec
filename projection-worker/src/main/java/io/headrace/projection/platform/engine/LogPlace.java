package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.FencedException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How far the log has been read for a rebuild. Its commits do not wait for the disk: what a crash
 * of PostgreSQL takes back it takes back whole, rows and place together.
 */
final class LogPlace implements Place {

  private final String view;
  private final int generation;
  private final Progress progress;
  private final Map<Inbound, String> places = new IdentityHashMap<>();
  private @Nullable String place;

  LogPlace(String view, int generation, Progress progress, @Nullable String place) {
    this.view = view;
    this.generation = generation;
    this.progress = progress;
    this.place = place;
  }

  /** The events of the next batch, and the place behind each. */
  void expect(Map<Inbound, String> batch) {
    places.clear();
    places.putAll(batch);
  }

  /** Behind the last event taken. */
  @Nullable String place() {
    return place;
  }

  @Override
  public Admission lock(Connection connection, List<Inbound> records)
      throws SQLException, FencedException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET LOCAL synchronous_commit = off");
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT place FROM view_rebuild WHERE view = ? AND generation = ? AND phase = 'log' FOR UPDATE")) {
      statement.setString(1, view);
      statement.setInt(2, generation);
      try (ResultSet results = statement.executeQuery()) {
        if (!results.next()) {
          throw new FencedException("the rebuild of view %s was abandoned".formatted(view));
        }
        if (!Objects.equals(results.getString(1), place)) {
          throw new FencedException(
              "view %s, generation %d: the log was expected at %s and is at %s"
                  .formatted(view, generation, place, results.getString(1)));
        }
      }
    }
    return new Admission(true, Map.of(), progress.anythingParked(connection), false);
  }

  @Override
  public void advance(Connection connection, List<Inbound> records) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "UPDATE view_rebuild SET place = ?, events_done = events_done + ? WHERE view = ? AND generation = ?")) {
      statement.setString(1, behind(records));
      statement.setInt(2, records.size());
      statement.setString(3, view);
      statement.setInt(4, generation);
      statement.executeUpdate();
    }
  }

  @Override
  public void moved(List<Inbound> records) {
    place = behind(records);
  }

  private String behind(List<Inbound> records) {
    return Objects.requireNonNull(places.get(records.getLast()));
  }
}
