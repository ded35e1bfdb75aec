package io.headrace.projection.platform.engine;

import io.headrace.events.platform.Heartbeat;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Notes up to when one generation of a view is complete, as far as this worker can tell. For one
 * thread.
 *
 * <p>A heartbeat says that all events committed up to a time are below certain offsets. Once the
 * view has taken a partition up to its offset, it has of that partition all that was committed up
 * to that time. Heartbeats that it has not come to wait, so that a view that is behind says how
 * far, and does not stand still.
 *
 * <p><b>Why the least of the noted times holds for the whole view.</b> Before a time is noted of
 * any partition, all partitions that its heartbeat names have a row. So a partition without a row
 * is in none of the heartbeats whose times stand there: it had no events then. When it appears, it
 * is therefore complete up to the least time that is noted for its relay's partitions.
 */
final class Freshness {

  /** Ten minutes of heartbeats; a view that is further behind is timed more coarsely. */
  private static final int MOST_WAITING = 600;

  private static final Comparator<TopicPartition> BY_NAME =
      Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition);

  private final CompiledView<?> view;
  private final int generation;
  private final Reached reached;
  private final DataSource dataSource;
  private final Map<String, Deque<Heartbeat>> waiting = new TreeMap<>();
  private final Set<TopicPartition> present = new HashSet<>();
  private final Map<TopicPartition, Instant> noted = new HashMap<>();
  private @Nullable Instant nothingUntil;
  private volatile @Nullable Instant completeUntil;

  Freshness(CompiledView<?> view, int generation, Reached reached, DataSource dataSource) {
    this.view = view;
    this.generation = generation;
    this.reached = reached;
    this.dataSource = dataSource;
  }

  /** Where this worker stands. */
  interface Reached {

    /** The partitions that this worker holds. */
    Collection<TopicPartition> held();

    /**
     * @return null if the partition is not held
     */
    @Nullable Standing of(TopicPartition partition);
  }

  /**
   * @param stored the position in the database, or an earlier one
   * @param read up to where there is nothing that has not been taken; at least {@code stored}
   */
  record Standing(long stored, long read) {}

  /** A heartbeat of a relay. */
  void heard(String relay, Heartbeat heartbeat) {
    Deque<Heartbeat> ofRelay = waiting.computeIfAbsent(relay, r -> new ArrayDeque<>());
    if (!ofRelay.isEmpty() && !heartbeat.at().isAfter(ofRelay.getLast().at())) {
      return; // Of a relay that was just replaced; what is later holds for it too.
    }
    ofRelay.add(heartbeat);
    if (ofRelay.size() > MOST_WAITING) {
      Iterator<Heartbeat> each = ofRelay.iterator();
      for (boolean drop = false; each.hasNext(); drop = !drop) {
        Heartbeat heard = each.next();
        if (drop && heard != heartbeat) {
          each.remove();
        }
      }
    }
  }

  /** Writes what has been reached since it was last written. */
  void note() throws SQLException {
    List<Complete> complete = new ArrayList<>();
    Map<String, Named> missing = new TreeMap<>();
    waiting.forEach((relay, heartbeats) -> look(relay, heartbeats, complete, missing));
    boolean anything = waiting.values().stream().anyMatch(h -> !ours(h.getLast()).isEmpty());
    Instant quiet = anything ? null : newest();
    if (complete.isEmpty() && missing.isEmpty() && Objects.equals(quiet, nothingUntil)) {
      return;
    }
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      try {
        // Should a crash take it back, it is noted again; nobody is to wait for the disk for this.
        try (Statement statement = connection.createStatement()) {
          statement.execute("SET LOCAL synchronous_commit = off");
        }
        for (Named each : missing.values()) {
          add(connection, each);
        }
        write(connection, complete);
        if (quiet != null) {
          writeQuiet(connection, quiet);
        } else {
          deleteQuiet(connection);
        }
        connection.commit();
      } catch (SQLException | RuntimeException e) {
        connection.rollback();
        throw e;
      }
    }
    missing.values().forEach(each -> present.addAll(each.partitions));
    complete.forEach(each -> noted.put(each.partition, each.until));
    nothingUntil = quiet;
    completeUntil = quiet == null ? least(reached.held()) : quiet;
  }

  private @Nullable Instant least(Collection<TopicPartition> held) {
    Instant least = Instant.MAX;
    for (TopicPartition partition : held) {
      Instant until = noted.get(partition);
      if (until == null) {
        return null;
      }
      least = until.isBefore(least) ? until : least;
    }
    return held.isEmpty() ? null : least;
  }

  /**
   * Up to when all that this worker holds is complete; null if that is not known, or if it holds
   * nothing. May be called by any thread.
   */
  @Nullable Instant completeUntil() {
    return completeUntil;
  }

  /**
   * @param next the position that makes it so
   */
  private record Complete(TopicPartition partition, Instant until, long next) {}

  /**
   * Partitions that have no row yet.
   *
   * @param topics all those of their relay
   */
  private record Named(Set<String> topics, List<TopicPartition> partitions) {}

  private void look(
      String relay,
      Deque<Heartbeat> heartbeats,
      List<Complete> complete,
      Map<String, Named> missing) {
    Heartbeat last = heartbeats.getLast();
    Set<TopicPartition> named = ours(last);
    List<TopicPartition> unknown = new ArrayList<>(named);
    unknown.removeAll(present);
    if (!unknown.isEmpty()) {
      missing.put(relay, new Named(last.ends().keySet(), unknown));
    }
    Instant least = last.at();
    for (TopicPartition partition : reached.held()) {
      Standing standing = reached.of(partition);
      if (standing == null || !named.contains(partition)) {
        continue; // Given up meanwhile, or another relay's.
      }
      Instant until = until(heartbeats, partition, standing.read);
      if (until == null) {
        least = Instant.MIN;
      } else {
        least = until.isBefore(least) ? until : least;
        Instant before = noted.get(partition);
        if (before == null || until.isAfter(before)) {
          complete.add(new Complete(partition, until, standing.stored));
        }
      }
    }
    while (heartbeats.size() > 1 && heartbeats.getFirst().at().isBefore(least)) {
      heartbeats.removeFirst();
    }
  }

  /** Of the newest heartbeat that the partition has been taken up to. */
  private static @Nullable Instant until(
      Deque<Heartbeat> heartbeats, TopicPartition partition, long read) {
    for (Iterator<Heartbeat> each = heartbeats.descendingIterator(); each.hasNext(); ) {
      Heartbeat heartbeat = each.next();
      long[] ends = heartbeat.ends().get(partition.topic());
      // One that does not name the partition is from before its first event.
      if (ends == null
          || partition.partition() >= ends.length
          || read >= ends[partition.partition()]) {
        return heartbeat.at();
      }
    }
    return null;
  }

  private Set<TopicPartition> ours(Heartbeat heartbeat) {
    Set<TopicPartition> ours = new TreeSet<>(BY_NAME);
    heartbeat
        .ends()
        .forEach(
            (topic, ends) -> {
              if (view.topics().contains(topic)) {
                for (int partition = 0; partition < ends.length; partition++) {
                  ours.add(new TopicPartition(topic, partition));
                }
              }
            });
    return ours;
  }

  private @Nullable Instant newest() {
    return waiting.values().stream()
        .map(heartbeats -> heartbeats.getLast().at())
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  private void add(Connection connection, Named named) throws SQLException {
    List<TopicPartition> partitions = named.partitions;
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO view_freshness (view, generation, topic, partition, complete_until)
              SELECT ?, ?, b.topic, b.partition,
                  (SELECT CASE WHEN bool_and(f.complete_until IS NOT NULL) THEN min(f.complete_until) END
                    FROM view_freshness f WHERE f.view = ? AND f.generation = ? AND f.topic = ANY(?::text[]))
                FROM unnest(?::text[], ?::int[]) AS b (topic, partition) ORDER BY b.topic, b.partition
              ON CONFLICT DO NOTHING""")) {
      statement.setString(1, view.name());
      statement.setInt(2, generation);
      statement.setString(3, view.name());
      statement.setInt(4, generation);
      Sql.bind(statement, 5, named.topics);
      Sql.bind(statement, 6, partitions.stream().map(TopicPartition::topic).toList());
      Sql.bind(statement, 7, partitions.stream().map(TopicPartition::partition).toList());
      statement.executeUpdate();
    }
  }

  /** Unless the database was put back meanwhile, and the view is not where it was any more. */
  private void write(Connection connection, List<Complete> complete) throws SQLException {
    complete.sort(Comparator.comparing(Complete::partition, BY_NAME));
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            UPDATE view_freshness f SET complete_until = b.until
              FROM unnest(?::text[], ?::int[], ?::timestamptz[], ?::bigint[]) AS b (topic, partition, until, next)
              WHERE f.view = ? AND f.generation = ? AND f.topic = b.topic AND f.partition = b.partition
                AND (f.complete_until IS NULL OR f.complete_until < b.until)
                AND EXISTS (SELECT FROM view_partition p
                  WHERE p.view = f.view AND p.generation = f.generation AND p.topic = b.topic
                    AND p.partition = b.partition AND p.next_offset >= b.next)""")) {
      Sql.bind(statement, 1, complete.stream().map(each -> each.partition.topic()).toList());
      Sql.bind(statement, 2, complete.stream().map(each -> each.partition.partition()).toList());
      Sql.bind(statement, 3, complete.stream().map(Complete::until).toList());
      Sql.bind(statement, 4, complete.stream().map(Complete::next).toList());
      statement.setString(5, view.name());
      statement.setInt(6, generation);
      statement.executeUpdate();
    }
  }

  /** There is no topic yet, and so nothing to be taken. */
  private void writeQuiet(Connection connection, Instant until) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO view_freshness (view, generation, topic, partition, complete_until)
              SELECT ?, ?, '', 0, ?::timestamptz
                WHERE NOT EXISTS (SELECT FROM view_freshness WHERE view = ? AND generation = ? AND topic <> '')
              ON CONFLICT (view, generation, topic, partition)
                DO UPDATE SET complete_until = greatest(view_freshness.complete_until, excluded.complete_until)""")) {
      statement.setString(1, view.name());
      statement.setInt(2, generation);
      statement.setString(3, until.toString());
      statement.setString(4, view.name());
      statement.setInt(5, generation);
      statement.executeUpdate();
    }
  }

  private void deleteQuiet(Connection connection) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "DELETE FROM view_freshness WHERE view = ? AND generation = ? AND topic = ''")) {
      statement.setString(1, view.name());
      statement.setInt(2, generation);
      statement.executeUpdate();
    }
  }
}
