package io.headrace.projection.platform.engine;

import io.headrace.events.platform.RecordedEvent;
import io.headrace.projection.platform.engine.Lane.Parked;
import io.headrace.projection.platform.engine.Pipeline.Otherwise;
import io.headrace.projection.platform.engine.Pipeline.Parameters;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** What one generation of a view has taken: offsets, stream versions, parked events. */
final class Progress {

  /**
   * To plan what a batch asks takes longer than to do it. So each statement is planned once on a
   * connection, for any number of keys, and always to look each of them up in an index: a plan that
   * scans is right for the empty table that it was made for, and wrong when the table has grown.
   * For this transaction only; what reads whole tables is planned as ever, and so is a rebuild from
   * the log, which has much to do at a time.
   */
  private static final String GENERIC_PLANS =
      """
      SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true),
        set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true)""";

  private final String view;
  private final int generation;

  Progress(String view, int generation) {
    this.view = view;
    this.generation = generation;
  }

  /**
   * Where to read on, creating what is missing at offset 0.
   *
   * @param ends by partition, where it ends now. A position behind the end means that the topic was
   *     filled anew: it is read from the start, and the stream versions tell what is known.
   */
  Map<TopicPartition, Long> positions(Connection connection, Map<TopicPartition, Long> ends)
      throws SQLException {
    List<TopicPartition> partitions = sorted(ends.keySet());
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO view_partition (view, generation, topic, partition, next_offset)
              SELECT ?, ?, b.topic, b.partition, 0 FROM unnest(?::text[], ?::int[]) AS b (topic, partition)
              ON CONFLICT DO NOTHING""")) {
      bindHead(statement, partitions);
      statement.executeUpdate();
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            UPDATE view_partition p SET next_offset = 0
              FROM unnest(?::text[], ?::int[], ?::bigint[]) AS b (topic, partition, ending)
              WHERE p.topic = b.topic AND p.partition = b.partition AND p.next_offset > b.ending
                AND p.view = ? AND p.generation = ?""")) {
      bind(statement, 1, partitions);
      Sql.bind(statement, 3, partitions.stream().map(ends::get).toList());
      statement.setString(4, view);
      statement.setInt(5, generation);
      statement.executeUpdate();
    }
    return lock(connection, partitions).offsets;
  }

  /**
   * Locks the partitions, in order, and reads where they stand. Until this transaction ends, nobody
   * else takes events of them, and so nobody else moves a stream in them: a stream stays in one
   * partition.
   */
  Locked lock(Connection connection, Collection<TopicPartition> partitions) throws SQLException {
    return lock(connection, partitions, _ -> {});
  }

  /**
   * @param behind adds what is to be asked once they are locked
   */
  Locked lock(
      Connection connection, Collection<TopicPartition> partitions, Consumer<Pipeline> behind)
      throws SQLException {
    Map<TopicPartition, Long> offsets = new HashMap<>();
    Map<TopicPartition, Long> limits = new HashMap<>();
    boolean[] anythingParked = {false};
    Pipeline pipeline = new Pipeline(connection);
    pipeline.query(GENERIC_PLANS, _ -> {}, _ -> {});
    // The position of the live generation is read without a lock: it only ever grows.
    pipeline.query(
        """
        SELECT p.topic, p.partition, p.next_offset,
            EXISTS (SELECT FROM parked_lane l WHERE l.view = p.view AND l.generation = p.generation),
            (SELECT coalesce((SELECT b.next_offset FROM view_generation live
                  JOIN view_partition b USING (view, generation)
                  WHERE live.view = p.view AND live.state = 'live' AND b.topic = p.topic
                    AND b.partition = p.partition), 0)
              FROM view_generation g
              WHERE g.view = p.view AND g.generation = p.generation AND g.bound)
          FROM view_partition p
          WHERE p.view = ? AND p.generation = ?
            AND (p.topic, p.partition) IN (SELECT * FROM unnest(?::text[], ?::int[]))
          ORDER BY p.topic, p.partition FOR UPDATE OF p""",
        parameters -> bind(head(parameters), sorted(partitions)),
        results -> {
          while (results.next()) {
            TopicPartition partition = new TopicPartition(results.getString(1), results.getInt(2));
            offsets.put(partition, results.getLong(3));
            anythingParked[0] |= results.getBoolean(4);
            long limit = results.getLong(5);
            if (!results.wasNull()) {
              limits.put(partition, limit);
            }
          }
        });
    behind.accept(pipeline);
    pipeline.send();
    return new Locked(offsets, limits, anythingParked[0]);
  }

  /**
   * @param limits up to where a partition may be taken now; absent where there is no limit
   * @param anythingParked whether any lane of this view may be parked. Another worker may park one
   *     right after; that is no harm: between its partition and ours there is no order to keep.
   */
  record Locked(
      Map<TopicPartition, Long> offsets,
      Map<TopicPartition, Long> limits,
      boolean anythingParked) {}

  void advance(Pipeline pipeline, Map<TopicPartition, Taken> taken) {
    List<TopicPartition> partitions = sorted(taken.keySet());
    List<@Nullable Instant> times = new ArrayList<>();
    partitions.forEach(p -> times.add(taken.get(p).newest()));
    pipeline.update(
        """
        UPDATE view_partition p SET next_offset = b.next_offset, events = p.events + b.events,
            recorded_at = greatest(p.recorded_at, b.recorded_at), updated_at = now()
          FROM unnest(?::text[], ?::int[], ?::bigint[], ?::bigint[], ?::bigint[], ?::timestamptz[])
            AS b (topic, partition, old_offset, next_offset, events, recorded_at)
          WHERE p.view = ? AND p.generation = ? AND p.topic = b.topic
            AND p.partition = b.partition AND p.next_offset = b.old_offset""",
        parameters ->
            head(
                bind(parameters, partitions)
                    .array(partitions.stream().map(p -> taken.get(p).from()).toList())
                    .array(partitions.stream().map(p -> taken.get(p).to()).toList())
                    .array(partitions.stream().map(p -> taken.get(p).events()).toList())
                    .array(times)),
        partitions.size(),
        Otherwise.defect("a locked partition has moved"));
  }

  /**
   * What one transaction takes of a partition: from its position up to, not including, {@code to}.
   */
  record Taken(long from, long to, long events, @Nullable Instant newest) {}

  Map<String, Long> versions(Connection connection, Set<String> streams) throws SQLException {
    Map<String, Long> versions = new HashMap<>();
    Pipeline pipeline = new Pipeline(connection);
    versions(pipeline, streams, versions);
    pipeline.send();
    return versions;
  }

  void versions(Pipeline pipeline, Set<String> streams, Map<String, Long> found) {
    pipeline.query(
        """
        SELECT stream_id, version FROM view_stream
          WHERE view = ? AND generation = ? AND stream_id = ANY(?::text[])""",
        parameters -> head(parameters).array(streams),
        results -> {
          while (results.next()) {
            found.put(results.getString(1), results.getLong(2));
          }
        });
  }

  void saveVersions(Connection connection, Map<String, Long> versions) throws SQLException {
    Pipeline pipeline = new Pipeline(connection);
    saveVersions(pipeline, versions);
    pipeline.send();
  }

  void saveVersions(Pipeline pipeline, Map<String, Long> versions) {
    if (versions.isEmpty()) {
      return;
    }
    pipeline.update(
        """
        INSERT INTO view_stream (view, generation, stream_id, version)
          SELECT ?, ?, b.stream_id, b.version FROM unnest(?::text[], ?::bigint[]) AS b (stream_id, version)
          ON CONFLICT (view, generation, stream_id) DO UPDATE SET version = excluded.version""",
        parameters -> head(parameters).array(versions.keySet()).array(versions.values()),
        _ -> {});
  }

  /** The same of streams that have none yet. */
  Copy firstVersions(Map<String, Long> versions) {
    String number = Integer.toString(generation);
    return Copy.of(
        "view_stream",
        List.of("view", "generation", "stream_id", "version"),
        versions.entrySet().stream()
            .<@Nullable String[]>map(
                each -> new String[] {view, number, each.getKey(), each.getValue().toString()})
            .toList());
  }

  /**
   * Which of these wait behind a parked event. They are locked against being released until this
   * transaction ends, so that what it adds to a lane is not left behind there.
   */
  Set<String> parked(Connection connection, Lane.Kind kind, Collection<String> lanes)
      throws SQLException {
    Set<String> parked = new HashSet<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT lane FROM parked_lane
              WHERE view = ? AND generation = ? AND kind = ? AND lane = ANY(?::text[])
              ORDER BY lane FOR KEY SHARE""")) {
      statement.setString(1, view);
      statement.setInt(2, generation);
      statement.setString(3, kind.wire());
      Sql.bind(statement, 4, lanes);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          parked.add(results.getString(1));
        }
      }
    }
    return parked;
  }

  void park(Connection connection, Set<Lane> newLanes, List<Parked> events) throws SQLException {
    if (events.isEmpty()) {
      return;
    }
    Map<Lane, Parked> first = new TreeMap<>();
    for (Parked each : events) {
      if (each.reason() != null && newLanes.contains(each.lane())) {
        first.putIfAbsent(each.lane(), each);
      }
    }
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO parked_lane (view, generation, kind, lane, reason, cause)
              VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING""")) {
      for (Parked each : first.values()) {
        statement.setString(1, view);
        statement.setInt(2, generation);
        statement.setString(3, each.lane().kind().wire());
        statement.setString(4, each.lane().id());
        statement.setString(5, each.reason() == null ? null : each.reason().wire());
        statement.setString(6, each.cause());
        statement.addBatch();
      }
      statement.executeBatch();
    }
    // A stream that is stopped does not advance, so its events may come again: they wait once.
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO parked_event (view, generation, kind, lane, topic, partition, kafka_offset,
                record_key, headers, payload, stream_id, stream_version, event_type, cause)
              VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?)
              ON CONFLICT (view, generation, kind, lane, stream_id, stream_version) DO NOTHING""")) {
      for (Parked each : events) {
        bindEvent(statement, each);
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  void anythingParked(Pipeline pipeline, Consumer<Boolean> found) {
    pipeline.query(
        "SELECT EXISTS (SELECT FROM parked_lane WHERE view = ? AND generation = ?)",
        this::head,
        results -> {
          results.next();
          found.accept(results.getBoolean(1));
        });
  }

  private void bindEvent(PreparedStatement statement, Parked parked) throws SQLException {
    Inbound inbound = parked.inbound();
    RecordedEvent recorded = inbound.recorded();
    statement.setString(1, view);
    statement.setInt(2, generation);
    statement.setString(3, parked.lane().kind().wire());
    statement.setString(4, parked.lane().id());
    statement.setString(5, inbound.source().topic());
    statement.setInt(6, inbound.source().partition());
    statement.setLong(7, inbound.offset());
    statement.setBytes(8, inbound.raw().key());
    statement.setString(9, ParkedHeaders.write(inbound.raw().headers()));
    statement.setBytes(10, inbound.raw().value());
    boolean asEvent = recorded != null && parked.lane().kind() != Lane.Kind.RECORD;
    statement.setString(11, asEvent ? recorded.streamId() : null);
    statement.setObject(12, asEvent ? recorded.streamVersion() : null);
    statement.setString(13, asEvent ? recorded.type().replace('\0', '\uFFFD') : null);
    statement.setString(14, parked.cause());
  }

  private static List<TopicPartition> sorted(Collection<TopicPartition> partitions) {
    return partitions.stream()
        .sorted(
            Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition))
        .toList();
  }

  private Parameters head(Parameters parameters) {
    return parameters.text(view).number(generation);
  }

  private static Parameters bind(Parameters parameters, List<TopicPartition> partitions) {
    return parameters
        .array(partitions.stream().map(TopicPartition::topic).toList())
        .array(partitions.stream().map(TopicPartition::partition).toList());
  }

  private void bindHead(PreparedStatement statement, List<TopicPartition> partitions)
      throws SQLException {
    statement.setString(1, view);
    statement.setInt(2, generation);
    bind(statement, 3, partitions);
  }

  private static void bind(PreparedStatement statement, int index, List<TopicPartition> partitions)
      throws SQLException {
    Sql.bind(statement, index, partitions.stream().map(TopicPartition::topic).toList());
    Sql.bind(statement, index + 1, partitions.stream().map(TopicPartition::partition).toList());
  }
}
