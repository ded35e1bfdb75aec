package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.Failures.NoLiveGenerationException;
import io.headrace.projection.platform.engine.Generation.State;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** The table {@code view_generation}, and the changes of the schema that go with it. */
final class Generations {

  private Generations() {}

  /** Those of a view that have tables, ascending. */
  static List<Generation> of(Connection connection, String view) throws SQLException {
    List<Generation> generations = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT generation, view_version, state, follows, kept_until FROM view_generation
              WHERE view = ? AND state <> 'dropped' ORDER BY generation""")) {
      statement.setString(1, view);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          OffsetDateTime keptUntil = results.getObject(5, OffsetDateTime.class);
          generations.add(
              new Generation(
                  view,
                  results.getInt(1),
                  results.getInt(2),
                  State.of(results.getString(3)),
                  results.getBoolean(4),
                  keptUntil == null ? null : keptUntil.toInstant()));
        }
      }
    }
    return generations;
  }

  /** The numbers of those that were kept for a while, which is over by the clock that set it. */
  static List<Integer> expired(Connection connection, String view) throws SQLException {
    List<Integer> expired = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT generation FROM view_generation
              WHERE view = ? AND state = 'retired' AND kept_until < statement_timestamp()""")) {
      statement.setString(1, view);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          expired.add(results.getInt(1));
        }
      }
    }
    return expired;
  }

  /**
   * The one that readers see.
   *
   * @throws NoLiveGenerationException if there is none
   */
  static Generation requireLive(Connection connection, String view) throws SQLException {
    return requireLive(of(connection, view), view);
  }

  /** The same of those that were read. */
  static Generation requireLive(List<Generation> generations, String view)
      throws NoLiveGenerationException {
    return generations.stream()
        .filter(g -> g.state() == State.LIVE)
        .findFirst()
        .orElseThrow(() -> new NoLiveGenerationException(view));
  }

  /** The number of a new generation. The caller holds {@link #lock}. */
  static int create(
      Connection connection, CompiledView<?> view, Generation live, List<Generation> existing)
      throws SQLException {
    int like =
        existing.stream()
            .filter(g -> g.version() == view.version())
            .mapToInt(Generation::number)
            .max()
            .orElse(live.number());
    int number;
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO view_generation (view, generation, view_version, state, bound, follows)
              SELECT ?, max(generation) + 1, ?, 'building', true, false FROM view_generation WHERE view = ?
              RETURNING generation""")) {
      statement.setString(1, view.name());
      statement.setInt(2, view.version());
      statement.setString(3, view.name());
      try (ResultSet results = statement.executeQuery()) {
        results.next();
        number = results.getInt(1);
      }
    }
    call(connection, "SELECT create_generation(?, ?, ?, ?)", view, number, like, view.version());
    return number;
  }

  /** Makes the indexes that readers need; before that a new generation has its keys alone. */
  static void index(Connection connection, CompiledView<?> view, int generation)
      throws SQLException {
    call(connection, "SELECT index_generation(?, ?)", view, generation);
  }

  /** Lets readers know which topics a generation takes. */
  static void noteTopics(Connection connection, CompiledView<?> view, int generation)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO view_topic (view, generation, topic)
              SELECT ?, ?, topic FROM unnest(?::text[]) AS topic ORDER BY topic
              ON CONFLICT DO NOTHING""")) {
      statement.setString(1, view.name());
      statement.setInt(2, generation);
      Sql.bind(statement, 3, view.topics());
      statement.executeUpdate();
    }
  }

  /** One change of a view's generations at a time; until the transaction ends. */
  static void lock(Connection connection, String view) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT pg_advisory_xact_lock(hashtext('headrace.generations'), hashtext(?))")) {
      statement.setString(1, view);
      statement.execute();
    }
  }

  /**
   * Keeps the live generation where it is until the transaction ends: nobody can take events for
   * it.
   *
   * @return where it is
   */
  static Map<TopicPartition, Long> hold(Connection connection, Generation live)
      throws SQLException {
    return offsets(connection, live, " FOR UPDATE");
  }

  static Map<TopicPartition, Long> offsets(Connection connection, Generation generation)
      throws SQLException {
    return offsets(connection, generation, "");
  }

  private static Map<TopicPartition, Long> offsets(
      Connection connection, Generation generation, String locking) throws SQLException {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT topic, partition, next_offset FROM view_partition WHERE view = ? AND generation = ?"
                + " ORDER BY topic, partition"
                + locking)) {
      statement.setString(1, generation.view());
      statement.setInt(2, generation.number());
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          offsets.put(
              new TopicPartition(results.getString(1), results.getInt(2)), results.getLong(3));
        }
      }
    }
    return offsets;
  }

  /** How many offsets the one is behind the other. */
  static long behind(Map<TopicPartition, Long> one, Map<TopicPartition, Long> other) {
    long behind = 0;
    for (Map.Entry<TopicPartition, Long> each : other.entrySet()) {
      behind += Math.max(0, each.getValue() - one.getOrDefault(each.getKey(), 0L));
    }
    return behind;
  }

  /**
   * Has readers see another generation, from the commit on. The caller holds {@link #lock} and
   * {@link #hold}s the live one. The next one is held as well, since one that was live before may
   * be ahead: what it takes is noted as changed from the commit on, and not before.
   */
  static void swap(
      Connection connection, CompiledView<?> view, Generation live, Generation next, Duration keep)
      throws SQLException {
    hold(connection, next);
    // In this order: at any moment at most one is live.
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            UPDATE view_generation
              SET state = 'retired', bound = false, kept_until = now() + ?::interval
              WHERE view = ? AND generation = ? AND state = 'live'""")) {
      statement.setString(1, keep.toString());
      statement.setString(2, live.view());
      statement.setInt(3, live.number());
      requireOne(statement, live);
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            UPDATE view_generation
              SET state = 'live', bound = false, follows = true, live_since = now(), kept_until = NULL
              WHERE view = ? AND generation = ? AND state IN ('building', 'retired')""")) {
      statement.setString(1, next.view());
      statement.setInt(2, next.number());
      requireOne(statement, next);
    }
    call(connection, "SELECT activate_generation(?, ?)", view, next.number());
    ViewChannel.moved(connection, view.name(), next.number());
  }

  /** The tables of a generation that nobody reads, and its progress. */
  static void drop(Connection connection, CompiledView<?> view, int generation)
      throws SQLException {
    call(connection, "SELECT drop_generation(?, ?)", view, generation);
    for (String table :
        List.of(
            "parked_event",
            "parked_lane",
            "view_stream",
            "view_partition",
            "view_freshness",
            "view_topic")) {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "DELETE FROM " + table + " WHERE view = ? AND generation = ?")) {
        statement.setString(1, view.name());
        statement.setInt(2, generation);
        statement.executeUpdate();
      }
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            "UPDATE view_generation SET state = 'dropped', kept_until = NULL WHERE view = ? AND generation = ?")) {
      statement.setString(1, view.name());
      statement.setInt(2, generation);
      statement.executeUpdate();
    }
  }

  private static void requireOne(PreparedStatement statement, Generation generation)
      throws SQLException {
    if (statement.executeUpdate() != 1) {
      throw new SQLException("generation has changed meanwhile: " + generation);
    }
  }

  private static void call(
      Connection connection, String sql, CompiledView<?> view, int... arguments)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setArray(1, connection.createArrayOf("text", view.tables().toArray()));
      for (int i = 0; i < arguments.length; i++) {
        statement.setInt(i + 2, arguments[i]);
      }
      statement.execute();
    }
  }
}
