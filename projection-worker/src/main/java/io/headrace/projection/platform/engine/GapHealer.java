package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.events.platform.Topics;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Lane.Kind;
import io.headrace.projection.platform.engine.Redrive.Outcome;
import io.headrace.projection.platform.log.EventLog;
import io.headrace.projection.platform.log.LogUnavailableException;
import io.quarkus.logging.Log;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.sql.DataSource;

/**
 * Fills gaps in streams with what the event log has. A stream that Kafka has delivered with a hole
 * waits in a lane; if the log holds the missing events they are folded, and those that wait after
 * them; if it does not, the lane stays parked for an operator, and is tried again ever more rarely.
 */
final class GapHealer {

  private static final int PAGE = 500;
  private static final int LANES_AT_ONCE = 50;

  private final DataSource dataSource;
  private final EventLog log;
  private final EventCatalogue catalogue;
  private final Duration retryDelay;
  private final Duration retryMaxDelay;

  GapHealer(
      DataSource dataSource, EventLog log, EventCatalogue catalogue, ProjectionConfig.Gaps config) {
    this.dataSource = dataSource;
    this.log = log;
    this.catalogue = catalogue;
    this.retryDelay = config.retryDelay();
    this.retryMaxDelay = config.retryMaxDelay();
  }

  /**
   * @param context of the stream
   * @param after the last version that the view has taken
   * @param until the first that waits
   */
  private record Gap(String context, String stream, long after, long until) {}

  /** Tries the gaps of one generation whose time has come. */
  void heal(ViewWorker<?> worker, Retry.Owner owner) throws SQLException, AbandonedException {
    for (Gap gap : claim(worker)) {
      heal(worker, gap, owner);
    }
  }

  private <R extends Record> void heal(ViewWorker<R> worker, Gap gap, Retry.Owner owner)
      throws SQLException, AbandonedException {
    Redrive<R> redrive = new Redrive<>(worker, catalogue);
    Lane lane = new Lane(Kind.STREAM, gap.stream);
    long after = gap.after;
    try {
      while (after + 1 < gap.until) {
        List<RecordedEvent> missing = missing(gap, after);
        if (missing.isEmpty()) {
          Log.errorf(
              "View %s: version %d of stream %s is not in the event log either; what follows of it stays parked",
              worker.view().name(), after + 1, gap.stream);
          return;
        }
        Outcome outcome = redrive.lane(lane, missing, owner);
        long last = missing.getLast().streamVersion();
        // Beyond the last if those that waited for it were taken too.
        long reached = Math.min(version(worker, gap.stream), last);
        if (reached > after) {
          worker.metrics().healed((int) (reached - after));
          Log.infof(
              "View %s: %d events of stream %s, up to version %d, were taken from the event log",
              worker.view().name(), reached - after, gap.stream, reached);
        }
        if (reached < last) {
          Log.errorf(
              "View %s: version %d of stream %s is in the event log and cannot be taken; what follows of it stays parked: %s",
              worker.view().name(), reached + 1, gap.stream, outcome.cause());
          return;
        }
        after = last;
      }
      if (gap.after + 1 >= gap.until) {
        redrive.lane(lane, owner); // Was filled, or given up, meanwhile.
      }
    } catch (LogUnavailableException e) {
      Log.warnf(
          "View %s: the gap in stream %s cannot be filled now: %s",
          worker.view().name(), gap.stream, e.getMessage());
    }
  }

  /** Up to where the view has taken a stream. */
  private long version(ViewWorker<?> worker, String stream) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return worker.progress().versions(connection, Set.of(stream)).getOrDefault(stream, 0L);
    }
  }

  private static String context(ViewWorker<?> worker, String topic) {
    return worker.view().contexts().stream()
        .filter(context -> Topics.of(context).equals(topic))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no context of the view has " + topic));
  }

  /** The next of what is missing, without a hole; empty if the log does not have it. */
  private List<RecordedEvent> missing(Gap gap, long after) throws LogUnavailableException {
    List<RecordedEvent> missing = new ArrayList<>();
    long wanted = after + 1;
    for (RecordedEvent each : log.stream(gap.context, gap.stream, after, PAGE)) {
      if (each.streamVersion() != wanted || wanted >= gap.until) {
        break;
      }
      missing.add(each);
      wanted++;
    }
    return missing;
  }

  /** Puts the next try off before the first, so that of several workers one makes it. */
  private List<Gap> claim(ViewWorker<?> worker) throws SQLException {
    List<Gap> gaps = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement =
            connection.prepareStatement(
                """
                WITH due AS (
                  SELECT view, generation, kind, lane FROM parked_lane
                    WHERE view = ? AND generation = ? AND kind = 'stream' AND reason = 'gap'
                      AND next_attempt_at <= now()
                    ORDER BY next_attempt_at LIMIT ? FOR UPDATE SKIP LOCKED),
                claimed AS (
                  UPDATE parked_lane l SET attempts = l.attempts + 1, next_attempt_at =
                      now() + least(?::interval, ?::interval * (2 ^ least(l.attempts, 20)))
                    FROM due WHERE (l.view, l.generation, l.kind, l.lane) = (due.view, due.generation, due.kind, due.lane)
                    RETURNING l.view, l.generation, l.kind, l.lane)
                SELECT c.lane, coalesce(s.version, 0), e.stream_version, e.topic
                  FROM claimed c LEFT JOIN view_stream s
                      ON s.view = c.view AND s.generation = c.generation AND s.stream_id = c.lane
                    CROSS JOIN LATERAL (SELECT stream_version, topic FROM parked_event e
                        WHERE (e.view, e.generation, e.kind, e.lane) = (c.view, c.generation, c.kind, c.lane)
                        ORDER BY stream_version LIMIT 1) e""")) {
      statement.setString(1, worker.view().name());
      statement.setInt(2, worker.generation());
      statement.setInt(3, LANES_AT_ONCE);
      statement.setString(4, retryMaxDelay.toString());
      statement.setString(5, retryDelay.toString());
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          gaps.add(
              new Gap(
                  context(worker, results.getString(4)),
                  results.getString(1),
                  results.getLong(2),
                  results.getLong(3)));
        }
      }
    }
    return gaps;
  }
}
