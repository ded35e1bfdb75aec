package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.projection.platform.engine.Failures.AbandonedException;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.Failures.RefusedException;
import io.headrace.projection.platform.engine.Lane.Kind;
import io.headrace.projection.platform.engine.Lane.Parked;
import io.headrace.projection.platform.engine.ViewWorker.Mode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Takes parked events up again, lane by lane, in their order.
 *
 * <p><b>Why order is kept while new events come in.</b> A batch that meets a parked lane holds a
 * share lock on it until it has added its events there (or, finding no lane, has folded them). A
 * redrive locks the lane against that before it reads what waits, and deletes it in the transaction
 * that folds the last of it. So an event is either in the lane when the redrive reads it, or its
 * batch waits for the redrive and finds no lane any more, and reads rows and versions after it. For
 * a stream the redrive locks the partitions as well, before anything else as every batch does: it
 * is then alone with the streams in them.
 */
final class Redrive<R extends Record> {

  private final ViewWorker<R> worker;
  private final EventCatalogue catalogue;
  private final String view;
  private final int generation;

  Redrive(ViewWorker<R> worker, EventCatalogue catalogue) {
    this.worker = worker;
    this.catalogue = catalogue;
    this.view = worker.view().name();
    this.generation = worker.generation();
  }

  String view() {
    return view;
  }

  int generation() {
    return generation;
  }

  /**
   * @param events how many were taken
   * @param left how many wait still
   * @param cause why; null if none does
   */
  record Outcome(int events, int left, @Nullable String cause) {

    static final Outcome NO_LANE = new Outcome(0, 0, null);
  }

  /**
   * Takes what can be taken of a lane; the first event that fails again stops it. So does an owner
   * that may not wait any more, if events have to be taken one by one.
   */
  Outcome lane(Lane lane, Retry.Owner owner) throws AbandonedException {
    return lane(lane, List.of(), owner);
  }

  /**
   * The same for a stream with a gap.
   *
   * @param missing the events that it waits for, as the log has them
   */
  Outcome lane(Lane lane, List<RecordedEvent> missing, Retry.Owner owner)
      throws AbandonedException {
    try {
      return attempt(lane, missing, Integer.MAX_VALUE, Mode.FOLD, owner);
    } catch (RefusedException e) {
      return oneByOne(lane, missing, owner);
    }
  }

  private Outcome oneByOne(Lane lane, List<RecordedEvent> missing, Retry.Owner owner)
      throws AbandonedException {
    int events = 0;
    List<RecordedEvent> first = missing;
    while (true) {
      try {
        Outcome outcome = next(lane, first, owner);
        first = List.of();
        events += outcome.events;
        if (outcome.events == 0 || outcome.left == 0) {
          return new Outcome(events, outcome.left, outcome.cause);
        }
        if (!owner.mayWait()) {
          return new Outcome(events, outcome.left, "there was no time for the rest");
        }
      } catch (RefusedException e) {
        String cause = Inbound.describe(e.getCause());
        return new Outcome(events, failed(lane, cause, owner), cause);
      }
    }
  }

  /** One event. If it is not of a key's lane, its refused rows wait by key from now on. */
  private Outcome next(Lane lane, List<RecordedEvent> missing, Retry.Owner owner)
      throws RefusedException, AbandonedException {
    try {
      return attempt(lane, missing, 1, Mode.FOLD, owner);
    } catch (RefusedException e) {
      if (lane.kind() == Kind.KEY) {
        throw e;
      }
      return attempt(lane, missing, 1, Mode.ROW_BY_ROW, owner);
    }
  }

  private Outcome attempt(
      Lane lane, List<RecordedEvent> missing, int limit, Mode mode, Retry.Owner owner)
      throws RefusedException, AbandonedException {
    List<Parked> newlyParked = new ArrayList<>();
    try {
      Outcome outcome =
          worker
              .retry()
              .until(
                  owner,
                  "redriving " + lane + " of view " + view,
                  () -> {
                    newlyParked.clear();
                    return worker.inTransaction(
                        connection -> attempt(connection, lane, missing, limit, mode, newlyParked));
                  });
      worker.metrics().redriven(outcome.events);
      newlyParked.forEach(worker::report);
      return outcome;
    } catch (FencedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Outcome attempt(
      Connection connection,
      Lane lane,
      List<RecordedEvent> missing,
      int limit,
      Mode mode,
      List<Parked> newlyParked)
      throws SQLException {
    if (lane.kind() == Kind.STREAM) {
      worker.progress().lock(connection, partitions(connection, lane));
    }
    if (!lock(connection, lane)) {
      return Outcome.NO_LANE;
    }
    List<Waiting> waiting = waiting(connection, lane, limit);
    List<Inbound> records = new ArrayList<>();
    if (!waiting.isEmpty()) {
      Inbound head = waiting.getFirst().inbound;
      missing.forEach(e -> records.add(Inbound.logged(e, head.source(), head.offset(), catalogue)));
    }
    waiting.forEach(each -> records.add(each.inbound));
    Fold<R> fold = new Fold<>(worker.view(), records);
    if (lane.kind() == Kind.KEY) {
      fold.redrive(lane);
      worker.foldRows(connection, fold, Set.of(), mode);
    } else {
      Set<String> streams = fold.streams();
      Set<String> parkedStreams =
          new HashSet<>(worker.progress().parked(connection, Kind.STREAM, streams));
      if (lane.kind() == Kind.STREAM) {
        parkedStreams.remove(lane.id());
      }
      fold.take(worker.progress().versions(connection, streams), parkedStreams);
      worker.foldRows(
          connection, fold, worker.progress().parked(connection, Kind.KEY, fold.lanes()), mode);
      worker.progress().saveVersions(connection, fold.versions());
    }
    Parked again = null;
    Set<Inbound> stay = new HashSet<>();
    List<Parked> elsewhere = new ArrayList<>();
    for (Parked each : fold.parked()) {
      if (each.lane().equals(lane)) {
        again = again == null ? each : again;
        stay.add(each.inbound());
      } else {
        elsewhere.add(each);
      }
    }
    Set<Lane> newLanes = fold.newLanes();
    newLanes.remove(lane);
    worker.progress().park(connection, newLanes, elsewhere);
    newlyParked.addAll(elsewhere);
    List<Long> done = new ArrayList<>();
    for (Waiting each : waiting) {
      if (!stay.contains(each.inbound)) {
        done.add(each.position);
      }
    }
    // What was missing and cannot be folded either now leads the lane.
    List<Parked> healedButFailed =
        fold.parked().stream()
            .filter(p -> p.lane().equals(lane) && !isOneOf(p.inbound(), waiting))
            .toList();
    worker.progress().park(connection, Set.of(), healedButFailed);
    worker.changes().tellRedriven(connection, fold);
    delete(connection, lane, done);
    int left = count(connection, lane);
    if (left == 0) {
      deleteLane(connection, lane);
      return new Outcome(done.size(), 0, null);
    }
    String cause = again == null ? null : again.cause();
    if (again != null) {
      update(connection, lane, again.reason(), Objects.requireNonNullElse(cause, "waits"));
    }
    return new Outcome(done.size(), left, cause);
  }

  private static boolean isOneOf(Inbound inbound, List<Waiting> waiting) {
    return waiting.stream().anyMatch(each -> each.inbound == inbound);
  }

  /**
   * Gives up what holds a lane up: the missing versions of a gap, else its first event; or all that
   * wait in it. Recorded for good.
   *
   * @return how many events were discarded; -1 if there is no such lane
   */
  int discard(Lane lane, boolean all, String note, String by, Retry.Owner owner)
      throws AbandonedException {
    try {
      return worker
          .retry()
          .until(
              owner,
              "discarding from " + lane + " of view " + view,
              () -> worker.inTransaction(c -> discard(c, lane, all, note, by)));
    } catch (FencedException | RefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  private int discard(Connection connection, Lane lane, boolean all, String note, String by)
      throws SQLException {
    if (lane.kind() == Kind.STREAM) {
      worker.progress().lock(connection, partitions(connection, lane));
    }
    if (!lock(connection, lane)) {
      return -1;
    }
    List<Waiting> waiting = waiting(connection, lane, all ? Integer.MAX_VALUE : 1);
    int discarded = 0;
    if (lane.kind() == Kind.STREAM && !waiting.isEmpty()) {
      long known =
          worker.progress().versions(connection, Set.of(lane.id())).getOrDefault(lane.id(), 0L);
      long first = version(waiting.getFirst().inbound);
      long to = known;
      if (first > known + 1) {
        recordGap(connection, lane, known + 1, first - 1, note, by);
        discarded += (int) (first - 1 - known);
        to = first - 1;
      }
      if (all || discarded == 0) {
        to = version(waiting.getLast().inbound);
      } else {
        waiting = List.of();
      }
      worker.progress().saveVersions(connection, Map.of(lane.id(), to));
    }
    List<Long> positions = waiting.stream().map(Waiting::position).toList();
    recordEvents(connection, lane, positions, note, by);
    delete(connection, lane, positions);
    if (count(connection, lane) == 0) {
      deleteLane(connection, lane);
    }
    return discarded + positions.size();
  }

  private static long version(Inbound inbound) {
    return Objects.requireNonNull(inbound.recorded()).streamVersion();
  }

  private void recordGap(
      Connection connection, Lane lane, long first, long last, String note, String by)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO parked_discard (view, generation, kind, lane, stream_id, first_version, last_version,
                cause, note, discarded_by)
              SELECT view, generation, kind, lane, lane, ?, ?, cause, ?, ? FROM parked_lane
              WHERE view = ? AND generation = ? AND kind = ? AND lane = ?""")) {
      statement.setLong(1, first);
      statement.setLong(2, last);
      statement.setString(3, note);
      statement.setString(4, by);
      bind(statement, 5, lane);
      statement.executeUpdate();
    }
  }

  private void recordEvents(
      Connection connection, Lane lane, List<Long> positions, String note, String by)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO parked_discard (view, generation, kind, lane, topic, partition, kafka_offset, stream_id,
                first_version, last_version, event_type, record_key, headers, payload, cause, note, discarded_by)
              SELECT view, generation, kind, lane, topic, partition, kafka_offset, stream_id, stream_version,
                stream_version, event_type, record_key, headers, payload, cause, ?, ?
              FROM parked_event
              WHERE view = ? AND generation = ? AND kind = ? AND lane = ? AND position = ANY(?::bigint[])
              ORDER BY position""")) {
      statement.setString(1, note);
      statement.setString(2, by);
      bind(statement, 3, lane);
      Sql.bind(statement, 7, positions);
      statement.executeUpdate();
    }
  }

  /** Counts a failure of the lane, whose transaction PostgreSQL has refused. */
  private int failed(Lane lane, String cause, Retry.Owner owner) throws AbandonedException {
    try {
      return worker
          .retry()
          .until(
              owner,
              "noting the failure of " + lane + " of view " + view,
              () ->
                  worker.inTransaction(
                      connection -> {
                        if (!lock(connection, lane)) {
                          return 0;
                        }
                        update(connection, lane, Lane.Reason.REFUSED, cause);
                        return count(connection, lane);
                      }));
    } catch (FencedException | RefusedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Set<TopicPartition> partitions(Connection connection, Lane lane) throws SQLException {
    Set<TopicPartition> partitions = new HashSet<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT DISTINCT topic, partition FROM parked_event"
                + " WHERE view = ? AND generation = ? AND kind = ? AND lane = ?")) {
      bind(statement, 1, lane);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          partitions.add(new TopicPartition(results.getString(1), results.getInt(2)));
        }
      }
    }
    return partitions;
  }

  private boolean lock(Connection connection, Lane lane) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT FROM parked_lane WHERE view = ? AND generation = ? AND kind = ? AND lane = ? FOR UPDATE")) {
      bind(statement, 1, lane);
      try (ResultSet results = statement.executeQuery()) {
        return results.next();
      }
    }
  }

  private record Waiting(long position, Inbound inbound) {}

  /** A stream's events by version; a key's in the order in which they came. */
  private List<Waiting> waiting(Connection connection, Lane lane, int limit) throws SQLException {
    List<Waiting> waiting = new ArrayList<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT position, topic, partition, kafka_offset, record_key, headers, payload FROM parked_event
              WHERE view = ? AND generation = ? AND kind = ? AND lane = ?
              ORDER BY CASE kind WHEN 'stream' THEN stream_version END, position LIMIT ?""")) {
      bind(statement, 1, lane);
      statement.setInt(5, limit);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          waiting.add(
              new Waiting(
                  results.getLong(1),
                  Inbound.of(
                      Inbound.record(
                          new TopicPartition(results.getString(2), results.getInt(3)),
                          results.getLong(4),
                          results.getBytes(5),
                          ParkedHeaders.read(results.getString(6)),
                          results.getBytes(7)),
                      catalogue)));
        }
      }
    }
    return waiting;
  }

  private void delete(Connection connection, Lane lane, List<Long> positions) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "DELETE FROM parked_event WHERE view = ? AND generation = ? AND kind = ? AND lane = ?"
                + " AND position = ANY(?::bigint[])")) {
      bind(statement, 1, lane);
      Sql.bind(statement, 5, positions);
      statement.executeUpdate();
    }
  }

  private int count(Connection connection, Lane lane) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT count(*) FROM parked_event WHERE view = ? AND generation = ? AND kind = ? AND lane = ?")) {
      bind(statement, 1, lane);
      try (ResultSet results = statement.executeQuery()) {
        results.next();
        return results.getInt(1);
      }
    }
  }

  private void deleteLane(Connection connection, Lane lane) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "DELETE FROM parked_lane WHERE view = ? AND generation = ? AND kind = ? AND lane = ?")) {
      bind(statement, 1, lane);
      statement.executeUpdate();
    }
  }

  private void update(Connection connection, Lane lane, Lane.@Nullable Reason reason, String cause)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            UPDATE parked_lane SET reason = coalesce(?, reason), cause = ?, attempts = attempts + 1
              WHERE view = ? AND generation = ? AND kind = ? AND lane = ?""")) {
      statement.setString(1, reason == null ? null : reason.wire());
      statement.setString(2, cause);
      bind(statement, 3, lane);
      statement.executeUpdate();
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            UPDATE parked_event SET cause = ?, attempts = attempts + 1
              WHERE view = ? AND generation = ? AND kind = ? AND lane = ? AND position =
                (SELECT position FROM parked_event
                  WHERE view = ? AND generation = ? AND kind = ? AND lane = ?
                  ORDER BY CASE kind WHEN 'stream' THEN stream_version END, position LIMIT 1)""")) {
      statement.setString(1, cause);
      bind(statement, 2, lane);
      bind(statement, 6, lane);
      statement.executeUpdate();
    }
  }

  private void bind(PreparedStatement statement, int index, Lane lane) throws SQLException {
    statement.setString(index, view);
    statement.setInt(index + 1, generation);
    statement.setString(index + 2, lane.kind().wire());
    statement.setString(index + 3, lane.id());
  }
}
