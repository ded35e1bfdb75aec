package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.events.platform.Heartbeat;
import io.headrace.projection.contexts.sample.AccountsView;
import io.headrace.projection.platform.engine.Freshness.Standing;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What heartbeats mean for a view that has come so far; on a generation that nobody runs. */
class FreshnessTest {

  private static final String TOPIC = "sample.events";
  private static int generations = 10_000;

  private final CompiledView<?> view = new CompiledView<>(new AccountsView());
  private final int generation = ++generations;
  private final Map<TopicPartition, Standing> standing = new HashMap<>();
  private Servers servers;
  private Freshness freshness;

  @BeforeEach
  void start() throws Exception {
    servers = Servers.get();
    freshness = worker(standing);
  }

  private Freshness worker(Map<TopicPartition, Standing> standing) {
    return new Freshness(
        view,
        generation,
        new Freshness.Reached() {
          @Override
          public Collection<TopicPartition> held() {
            return Set.copyOf(standing.keySet());
          }

          @Override
          public @Nullable Standing of(TopicPartition partition) {
            return standing.get(partition);
          }
        },
        servers.dataSource);
  }

  private static Instant at(int second) {
    return Instant.parse("2026-11-21T18:00:00Z").plusSeconds(second);
  }

  private void hear(int second, long... ends) {
    freshness.heard("relay", new Heartbeat(at(second), Map.of(TOPIC, ends)));
  }

  /** Has taken a partition up to here. */
  private void stand(Map<TopicPartition, Standing> worker, int partition, long stored, long read)
      throws SQLException {
    worker.put(new TopicPartition(TOPIC, partition), new Standing(stored, read));
    servers.execute(
        """
        INSERT INTO view_partition (view, generation, topic, partition, next_offset)
          VALUES ('accounts', %d, '%s', %d, %d)
          ON CONFLICT (view, generation, topic, partition) DO UPDATE SET next_offset = excluded.next_offset"""
            .formatted(generation, TOPIC, partition, stored));
  }

  private void stand(int partition, long stored) throws SQLException {
    stand(standing, partition, stored, stored);
  }

  /** As the query service reads it. */
  private @Nullable Instant completeUntil() throws SQLException {
    freshness.note();
    String found =
        servers.ask(
            """
            SELECT extract(epoch FROM CASE WHEN bool_and(complete_until IS NOT NULL) THEN min(complete_until) END)::bigint
              FROM view_freshness WHERE view = 'accounts' AND generation = %d"""
                .formatted(generation));
    return found == null ? null : Instant.ofEpochSecond(Long.parseLong(found));
  }

  @Test
  void a_view_is_complete_up_to_the_newest_heartbeat_that_all_its_partitions_have_come_to()
      throws Exception {
    stand(0, 10);
    stand(1, 10);
    hear(1, 10, 10);
    assertThat(completeUntil()).isEqualTo(at(1));
    // It is behind: heartbeats go on, and wait.
    hear(2, 12, 10);
    hear(3, 14, 20);
    hear(4, 15, 30);
    assertThat(completeUntil()).isEqualTo(at(1));
    stand(0, 13);
    assertThat(completeUntil()).isEqualTo(at(2));
    stand(1, 25);
    assertThat(completeUntil()).isEqualTo(at(2));
    stand(0, 15);
    assertThat(completeUntil()).isEqualTo(at(3));
    assertThat(freshness.completeUntil()).isEqualTo(at(3));
    stand(1, 30);
    assertThat(completeUntil()).isEqualTo(at(4));
    assertThat(freshness.completeUntil()).isEqualTo(at(4));
  }

  @Test
  void a_partition_without_events_holds_nothing_up() throws Exception {
    stand(0, 3);
    stand(1, 0);
    hear(1, 3, 0);
    assertThat(completeUntil()).isEqualTo(at(1));
    hear(2, 3, 0);
    assertThat(completeUntil()).isEqualTo(at(2));
  }

  @Test
  void a_partition_that_nobody_has_taken_up_leaves_the_view_unknown_and_later_behind()
      throws Exception {
    stand(0, 5);
    hear(1, 5, 5);
    assertThat(completeUntil()).as("partition 1 is known of, and nothing of it").isNull();
    Map<TopicPartition, Standing> others = new HashMap<>();
    Freshness other = worker(others);
    stand(others, 1, 5, 5);
    other.heard("relay", new Heartbeat(at(1), Map.of(TOPIC, new long[] {5, 5})));
    other.note();
    assertThat(completeUntil()).isEqualTo(at(1));
    // The other worker is dead.
    hear(2, 5, 5);
    assertThat(completeUntil()).isEqualTo(at(1));
  }

  @Test
  void a_topic_that_appears_does_not_take_back_what_was_known_and_is_waited_for() throws Exception {
    CompiledView<?> orders =
        new CompiledView<>(new io.headrace.projection.contexts.ordering.OrdersView());
    Map<TopicPartition, Standing> held = new HashMap<>();
    Freshness fresh =
        new Freshness(
            orders,
            generation,
            new Freshness.Reached() {
              @Override
              public Collection<TopicPartition> held() {
                return Set.copyOf(held.keySet());
              }

              @Override
              public @Nullable Standing of(TopicPartition partition) {
                return held.get(partition);
              }
            },
            servers.dataSource);
    String until =
        """
        SELECT CASE WHEN bool_and(complete_until IS NOT NULL) THEN min(extract(epoch FROM complete_until)::bigint) END
          FROM view_freshness WHERE view = 'orders' AND generation = %d"""
            .formatted(generation);
    held.put(new TopicPartition("ordering.events", 0), new Standing(1, 1));
    servers.execute(
        """
        INSERT INTO view_partition (view, generation, topic, partition, next_offset)
          VALUES ('orders', %1$d, 'ordering.events', 0, 1), ('orders', %1$d, 'payment.events', 0, 4)"""
            .formatted(generation));
    fresh.heard("relay", new Heartbeat(at(1), Map.of("ordering.events", new long[] {1})));
    fresh.note();
    assertThat(servers.ask(until)).isEqualTo("" + at(1).getEpochSecond());
    Map<String, long[]> both =
        Map.of("ordering.events", new long[] {1}, "payment.events", new long[] {4});
    fresh.heard("relay", new Heartbeat(at(2), both));
    fresh.note();
    assertThat(servers.ask(until)).isEqualTo("" + at(1).getEpochSecond());
    held.put(new TopicPartition("payment.events", 0), new Standing(4, 4));
    fresh.note();
    assertThat(servers.ask(until)).isEqualTo("" + at(2).getEpochSecond());
  }

  @Test
  void before_the_first_event_ever_a_view_is_complete_up_to_every_heartbeat() throws Exception {
    freshness.heard("relay", new Heartbeat(at(1), Map.of()));
    assertThat(completeUntil()).isEqualTo(at(1));
    freshness.heard("relay", new Heartbeat(at(2), Map.of("elsewhere.events", new long[] {7})));
    assertThat(completeUntil()).isEqualTo(at(2));
    hear(3, 1, 0);
    assertThat(completeUntil()).as("there is an event that nobody has taken").isNull();
    stand(0, 1);
    stand(1, 0);
    assertThat(completeUntil()).isEqualTo(at(3));
  }

  @Test
  void the_marks_at_the_end_of_transactions_are_nothing_to_be_taken() throws Exception {
    stand(standing, 0, 5, 5);
    hear(1, 6);
    assertThat(completeUntil()).isNull();
    stand(standing, 0, 5, 6);
    assertThat(completeUntil()).isEqualTo(at(1));
  }

  @Test
  void of_a_database_that_was_put_back_nothing_is_said_that_it_does_not_have() throws Exception {
    stand(0, 5);
    hear(1, 5);
    assertThat(completeUntil()).isEqualTo(at(1));
    servers.execute(
        "UPDATE view_partition SET next_offset = 2 WHERE view = 'accounts' AND generation = "
            + generation);
    hear(2, 5);
    assertThat(completeUntil()).isEqualTo(at(1));
  }

  @Test
  void a_view_that_is_very_far_behind_keeps_a_bounded_number_of_heartbeats_and_its_place()
      throws Exception {
    stand(0, 0);
    for (int i = 1; i <= 5_000; i++) {
      hear(i, i);
    }
    stand(0, 5_000);
    assertThat(completeUntil()).isEqualTo(at(5_000));
    for (int i = 5_001; i <= 6_000; i++) {
      hear(i, i);
    }
    stand(0, 5_900);
    assertThat(completeUntil()).isBetween(at(5_800), at(5_900));
  }
}
