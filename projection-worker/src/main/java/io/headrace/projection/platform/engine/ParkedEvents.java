package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonRawValue;
import io.headrace.events.platform.EventJson;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import javax.sql.DataSource;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/** What waits, and what was given up. */
@ApplicationScoped
class ParkedEvents {

  private final DataSource dataSource;

  ParkedEvents(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * @param kind {@code key}, {@code stream} or {@code record}
   * @param lane the key, the stream's id, or the record's address
   * @param events how many wait
   * @param attempts how often it was tried again
   */
  @RegisterForReflection
  record LaneReport(
      String kind,
      String lane,
      String reason,
      String cause,
      long events,
      int attempts,
      Instant parkedAt) {}

  /**
   * @param cause absent if it only waits behind another
   * @param payload if it is JSON
   * @param payloadBase64 if it is not
   */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record EventReport(
      long position,
      String topic,
      int partition,
      long offset,
      @Nullable String streamId,
      @Nullable Long streamVersion,
      @Nullable String type,
      @Nullable String cause,
      int attempts,
      Instant parkedAt,
      Map<String, String> headers,
      @JsonRawValue @Nullable String payload,
      @Nullable String payloadBase64) {}

  /**
   * @param firstVersion of a gap that was given up, the first of the missing versions
   */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record DiscardReport(
      long id,
      int generation,
      String kind,
      String lane,
      @Nullable String streamId,
      @Nullable Long firstVersion,
      @Nullable Long lastVersion,
      @Nullable String type,
      @Nullable String cause,
      String note,
      String by,
      Instant discardedAt) {}

  /** Of the live generation, by kind and lane. */
  List<LaneReport> lanes(String view, int generation, @Nullable Lane after, int limit)
      throws SQLException {
    List<LaneReport> lanes = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT l.kind, l.lane, l.reason, l.cause, l.attempts, l.parked_at,
                    (SELECT count(*) FROM parked_event e
                      WHERE (e.view, e.generation, e.kind, e.lane) = (l.view, l.generation, l.kind, l.lane))
                  FROM parked_lane l WHERE l.view = ? AND l.generation = ? AND (l.kind, l.lane) > (?, ?)
                  ORDER BY l.kind, l.lane LIMIT ?""")) {
      bindBehind(statement, view, generation, after);
      statement.setInt(5, limit);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          lanes.add(
              new LaneReport(
                  results.getString(1),
                  results.getString(2),
                  results.getString(3),
                  results.getString(4),
                  results.getLong(7),
                  results.getInt(5),
                  instant(results, 6)));
        }
      }
    }
    return lanes;
  }

  /** The next behind a lane, in their order. */
  List<Lane> lanesBehind(String view, int generation, @Nullable Lane lane, int limit)
      throws SQLException {
    List<Lane> lanes = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT kind, lane FROM parked_lane
                  WHERE view = ? AND generation = ? AND (kind, lane) > (?, ?) ORDER BY kind, lane LIMIT ?""")) {
      bindBehind(statement, view, generation, lane);
      statement.setInt(5, limit);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          Lane.Kind kind = Objects.requireNonNull(Lane.Kind.of(results.getString(1)));
          lanes.add(new Lane(kind, results.getString(2)));
        }
      }
    }
    return lanes;
  }

  /** How many there are. */
  long countBehind(String view, int generation, Lane lane) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT count(*) FROM parked_lane WHERE view = ? AND generation = ? AND (kind, lane) > (?, ?)")) {
      bindBehind(statement, view, generation, lane);
      try (ResultSet results = statement.executeQuery()) {
        results.next();
        return results.getLong(1);
      }
    }
  }

  private static void bindBehind(
      PreparedStatement statement, String view, int generation, @Nullable Lane lane)
      throws SQLException {
    statement.setString(1, view);
    statement.setInt(2, generation);
    statement.setString(3, lane == null ? "" : lane.kind().wire());
    statement.setString(4, lane == null ? "" : lane.id());
  }

  /** What waits in a lane, in its order. */
  List<EventReport> events(String view, int generation, Lane lane, int limit) throws SQLException {
    List<EventReport> events = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT position, topic, partition, kafka_offset, stream_id, stream_version, event_type, cause,
                    attempts, parked_at, headers, payload
                  FROM parked_event WHERE view = ? AND generation = ? AND kind = ? AND lane = ?
                  ORDER BY CASE kind WHEN 'stream' THEN stream_version END, position LIMIT ?""")) {
      statement.setString(1, view);
      statement.setInt(2, generation);
      statement.setString(3, lane.kind().wire());
      statement.setString(4, lane.id());
      statement.setInt(5, limit);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          byte[] payload = results.getBytes(12);
          boolean json = isJson(payload);
          events.add(
              new EventReport(
                  results.getLong(1),
                  results.getString(2),
                  results.getInt(3),
                  results.getLong(4),
                  results.getString(5),
                  results.getObject(6, Long.class),
                  results.getString(7),
                  results.getString(8),
                  results.getInt(9),
                  instant(results, 10),
                  headers(results.getString(11)),
                  json ? new String(payload, StandardCharsets.UTF_8) : null,
                  payload == null || json ? null : Base64.getEncoder().encodeToString(payload)));
        }
      }
    }
    return events;
  }

  /** The newest first. */
  List<DiscardReport> discarded(String view, int limit) throws SQLException {
    List<DiscardReport> discarded = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                SELECT id, generation, kind, lane, stream_id, first_version, last_version, event_type, cause, note,
                    discarded_by, discarded_at
                  FROM parked_discard WHERE view = ? ORDER BY id DESC LIMIT ?""")) {
      statement.setString(1, view);
      statement.setInt(2, limit);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          discarded.add(
              new DiscardReport(
                  results.getLong(1),
                  results.getInt(2),
                  results.getString(3),
                  results.getString(4),
                  results.getString(5),
                  results.getObject(6, Long.class),
                  results.getObject(7, Long.class),
                  results.getString(8),
                  results.getString(9),
                  results.getString(10),
                  results.getString(11),
                  instant(results, 12)));
        }
      }
    }
    return discarded;
  }

  private static Instant instant(ResultSet results, int index) throws SQLException {
    return results.getObject(index, OffsetDateTime.class).toInstant();
  }

  private static boolean isJson(byte @Nullable [] payload) {
    if (payload == null) {
      return false;
    }
    try {
      // The whole of it, strictly: what is handed on raw must not break the answer.
      return EventJson.mapper()
          .reader()
          .with(com.fasterxml.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .readTree(payload)
          .isContainerNode();
    } catch (IOException e) {
      return false;
    }
  }

  private static Map<String, String> headers(String json) {
    Map<String, String> headers = new TreeMap<>();
    for (Header each : ParkedHeaders.read(json)) {
      headers.put(each.key(), new String(each.value(), StandardCharsets.UTF_8));
    }
    return headers;
  }
}
