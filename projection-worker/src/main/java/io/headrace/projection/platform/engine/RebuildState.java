package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.headrace.events.platform.EventJson;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A rebuild, as it stands in the database; every worker can tell.
 *
 * @param version of the view's code that fills the new generation
 * @param replaces the generation that is live meanwhile
 * @param cause {@code requested} or {@code new version}
 * @param eventsPerSecond the limit; absent if there is none
 * @param accepted whether the new generation takes over whatever the comparison finds
 * @param eventsDone of the log
 * @param eventsTotal of the log, about; absent until it was asked
 * @param eventsRate a second, lately; absent while it is paused
 * @param comparison once it was made
 * @param failure why it does not get on at the moment
 */
@RegisterForReflection
@JsonInclude(JsonInclude.Include.NON_NULL)
record RebuildState(
    String view,
    int generation,
    int version,
    int replaces,
    String cause,
    Phase phase,
    boolean paused,
    @Nullable Integer eventsPerSecond,
    boolean accepted,
    long eventsDone,
    @Nullable Long eventsTotal,
    @Nullable Double eventsRate,
    @Nullable Comparison comparison,
    @Nullable String failure,
    Instant startedAt,
    Instant phaseSince,
    @Nullable Instant finishedAt) {

  @RegisterForReflection
  enum Phase {
    /** Reads the event log. */
    @JsonProperty("log")
    LOG("log"),
    /** Reads the topics, from where they ended when the rebuild began. */
    @JsonProperty("topic")
    TOPIC("topic"),
    /** Is compared with the live generation, at one position. */
    @JsonProperty("comparing")
    COMPARING("comparing"),
    /** Differs from the live generation: waits to be accepted or abandoned. Goes on following. */
    @JsonProperty("different")
    DIFFERENT("different"),
    /** Is, or was, live. */
    @JsonProperty("swapped")
    SWAPPED("swapped"),
    @JsonProperty("abandoned")
    ABANDONED("abandoned");

    private final String wire;

    Phase(String wire) {
      this.wire = wire;
    }

    String wire() {
      return wire;
    }

    static Phase of(String wire) {
      for (Phase each : values()) {
        if (each.wire.equals(wire)) {
          return each;
        }
      }
      throw new IllegalArgumentException(wire);
    }
  }

  /** How long the log will still take at the present rate; absent where that is unknown. */
  @JsonProperty
  @Nullable Long secondsLeft() {
    if (phase != Phase.LOG || eventsTotal == null || eventsRate == null) {
      return null;
    }
    return eventsRate < 1 ? null : (long) (Math.max(0, eventsTotal - eventsDone) / eventsRate);
  }

  private static final String SELECT =
      """
      SELECT r.view, r.generation, g.view_version, r.replaces, r.cause, r.phase, r.paused, r.events_per_second,
          r.accepted, r.events_done, r.events_total, r.events_rate, r.comparison, r.failure, r.started_at,
          r.phase_since, r.finished_at
        FROM view_rebuild r JOIN view_generation g USING (view, generation) WHERE r.view = ?""";

  /** The newest of a view. */
  static Optional<RebuildState> latest(Connection connection, String view) throws SQLException {
    return read(connection, SELECT + " ORDER BY r.generation DESC LIMIT 1", view);
  }

  /** The one of a view that is not finished. */
  static Optional<RebuildState> running(Connection connection, String view) throws SQLException {
    return read(connection, SELECT + " AND r.finished_at IS NULL", view);
  }

  private static Optional<RebuildState> read(Connection connection, String sql, String view)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, view);
      try (ResultSet results = statement.executeQuery()) {
        return results.next() ? Optional.of(of(results)) : Optional.empty();
      }
    }
  }

  private static RebuildState of(ResultSet results) throws SQLException {
    boolean paused = results.getBoolean(7);
    String comparison = results.getString(13);
    try {
      return new RebuildState(
          results.getString(1),
          results.getInt(2),
          results.getInt(3),
          results.getInt(4),
          results.getString(5),
          Phase.of(results.getString(6)),
          paused,
          results.getObject(8, Integer.class),
          results.getBoolean(9),
          results.getLong(10),
          results.getObject(11, Long.class),
          paused ? null : results.getObject(12, Double.class),
          comparison == null ? null : EventJson.mapper().readValue(comparison, Comparison.class),
          results.getString(14),
          instant(results, 15),
          instant(results, 16),
          results.getObject(17) == null ? null : instant(results, 17));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a comparison cannot be read", e);
    }
  }

  private static Instant instant(ResultSet results, int index) throws SQLException {
    return results.getObject(index, OffsetDateTime.class).toInstant();
  }
}
