package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.localstack.KafkaOptions;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.headrace.projection.contexts.ordering.OrderLives;
import io.headrace.projection.contexts.ordering.OrderRow;
import io.headrace.projection.contexts.ordering.OrdersView;
import io.headrace.projection.platform.engine.Environment.Relay;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.ViewSpec.Stream;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.apache.kafka.common.TopicPartition;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The engine on real servers that fail. Every test adds orders to those of the tests before it, and
 * at its end all rows equal the fold of all events made without the engine, and the totals their
 * sums.
 */
class EngineFaultsTest {

  private static final Retry.Owner FOREVER = () -> true;

  private static PostgresServer postgres;
  private static KafkaServer kafka;
  private static Relay relay;
  private static DataSource dataSource;
  private static final List<Stream> history = new ArrayList<>();
  private static int nextOrder;

  private final OrdersView orders = new OrdersView();
  private final CompiledView<OrderRow> view = new CompiledView<>(orders);
  private final EventCatalogue catalogue = Views.catalogueOf(List.of(orders));

  @BeforeAll
  static void start() throws Exception {
    postgres = PostgresServer.start(PostgresOptions.throwaway());
    kafka = KafkaServer.start(KafkaOptions.throwaway());
    Flyway.configure()
        .dataSource(postgres.jdbcUrl(PostgresServer.VIEWS), "headrace_owner", "headrace_owner")
        .load()
        .migrate();
    dataSource = PollLoop.dataSource(postgres.jdbcUrl(PostgresServer.VIEWS));
    Environment.createTopics(
        kafka.bootstrapServers(), new CompiledView<>(new OrdersView()).topics());
    relay = new Relay(kafka.bootstrapServers(), "test-relay");
  }

  @AfterAll
  static void stop() {
    relay.close();
    kafka.close();
    postgres.close();
  }

  @Test
  void a_worker_killed_in_the_middle_leaves_nothing_undone_and_nothing_done_twice()
      throws Exception {
    List<Published> events = newOrders(400, 1);
    relay.publish(events.subList(0, events.size() / 2));
    long before = taken();
    for (int i = 1; i <= 3; i++) {
      Process process =
          PollLoop.start(
              kafka.bootstrapServers(), postgres.jdbcUrl(PostgresServer.VIEWS), "killed");
      long target = before + i * 300L;
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> taken() >= target);
      PollLoop.kill(process);
    }
    relay.publish(events.subList(events.size() / 2, events.size()));
    try (PollLoop _ = worker("killed")) {
      awaitExpected();
    }
  }

  @Test
  void workers_that_come_and_go_share_the_work_without_double_effect() throws Exception {
    List<Published> events = newOrders(300, 2);
    int third = events.size() / 3;
    PollLoop first = worker("rebalanced");
    relay.publish(events.subList(0, third));
    PollLoop second = worker("rebalanced");
    relay.publish(events.subList(third, 2 * third));
    first.close();
    try (PollLoop _ = worker("rebalanced")) {
      relay.publish(events.subList(2 * third, events.size()));
      awaitExpected();
    }
    second.close();
  }

  @Test
  void postgresql_killed_and_started_again_is_survived_unattended() throws Exception {
    List<Published> events = newOrders(200, 3);
    try (PollLoop _ = worker("postgres-restarted")) {
      relay.publish(events.subList(0, events.size() / 2));
      postgres.kill();
      relay.publish(events.subList(events.size() / 2, events.size()));
      postgres.start();
      awaitExpected();
    }
  }

  @Test
  void kafka_killed_and_started_again_is_survived_unattended() throws Exception {
    List<Published> events = newOrders(200, 4);
    try (PollLoop _ = worker("kafka-restarted")) {
      relay.publish(events.subList(0, events.size() / 2));
      kafka.kill();
      kafka.start();
      relay.publish(events.subList(events.size() / 2, events.size()));
      awaitExpected();
    }
  }

  @Test
  void workers_folding_into_the_same_rows_at_once_lose_nothing() throws Exception {
    // No Kafka: each stream is a partition of its own, so that every row is disputed by many
    // workers.
    List<Stream> streams = lives(60, 5);
    Map<Integer, List<Inbound>> byWorker = new HashMap<>();
    int partition = 1000;
    for (Stream stream : streams) {
      partition++;
      for (int i = 0; i < stream.events().size(); i++) {
        Inbound inbound =
            Inbound.of(
                Published.of(catalogue, stream.id(), i + 1L, stream.events().get(i))
                    .at(partition, i),
                catalogue);
        byWorker.computeIfAbsent(partition % 6, w -> new ArrayList<>()).add(inbound);
      }
    }
    try (ExecutorService executor = Executors.newFixedThreadPool(byWorker.size())) {
      List<Future<?>> done = new ArrayList<>();
      for (List<Inbound> events : byWorker.values()) {
        done.add(
            executor.submit(
                () -> {
                  takeInBatches(events);
                  return null;
                }));
      }
      for (Future<?> each : done) {
        each.get();
      }
    }
    history.addAll(streams);
    assertExpected();
    execute("DELETE FROM view_partition WHERE partition >= 1000");
  }

  private void takeInBatches(List<Inbound> events) throws Exception {
    ViewWorker<OrderRow> worker = PollLoop.viewWorker(orders, dataSource);
    Positions positions = new Positions();
    Map<TopicPartition, Long> ends = new HashMap<>();
    events.forEach(e -> ends.put(e.source(), 1_000L));
    positions.hold(worker.positions(ends, FOREVER));
    Random random = new Random(events.size());
    int next = 0;
    while (next < events.size()) {
      int end = Math.min(events.size(), next + 1 + random.nextInt(40));
      worker.take(events.subList(next, end), positions, FOREVER);
      next = end;
    }
  }

  @Test
  void a_zombie_writes_nothing() throws Exception {
    List<Stream> streams = lives(1, 6);
    List<Inbound> events = new ArrayList<>();
    for (Published each : Environment.interleaved(catalogue, streams, new Random(6))) {
      events.add(Inbound.of(each.at(2000, events.size()), catalogue));
    }
    Map<TopicPartition, Long> ends = new HashMap<>();
    events.forEach(e -> ends.put(e.source(), 1_000L));
    ViewWorker<OrderRow> zombie = PollLoop.viewWorker(orders, dataSource);
    ViewWorker<OrderRow> owner = PollLoop.viewWorker(orders, dataSource);
    Positions zombies = new Positions();
    Positions owners = new Positions();
    zombies.hold(zombie.positions(ends, FOREVER));
    owners.hold(owner.positions(ends, FOREVER));

    owner.take(events.subList(0, 2), owners, FOREVER);
    assertThatThrownBy(() -> zombie.take(events, zombies, FOREVER))
        .isInstanceOf(FencedException.class);
    owner.take(events, owners, FOREVER);

    history.addAll(streams);
    assertExpected();
    execute("DELETE FROM view_partition WHERE partition >= 1000");
  }

  @Test
  void a_topic_filled_anew_is_read_from_its_start_and_known_events_are_dropped() throws Exception {
    TopicPartition partition = new TopicPartition("ordering.events", 3000);
    ViewWorker<OrderRow> worker = PollLoop.viewWorker(orders, dataSource);
    execute(
        "INSERT INTO view_partition (view, generation, topic, partition, next_offset)"
            + " VALUES ('orders', 1, 'ordering.events', 3000, 500)");
    assertThat(worker.positions(Map.of(partition, 600L), FOREVER)).containsEntry(partition, 500L);
    assertThat(worker.positions(Map.of(partition, 499L), FOREVER)).containsEntry(partition, 0L);
    execute("DELETE FROM view_partition WHERE partition >= 1000");
  }

  private PollLoop worker(String group) {
    return new PollLoop(orders, kafka.bootstrapServers(), dataSource, group);
  }

  private List<Published> newOrders(int count, int seed) {
    List<Stream> streams = lives(count, seed);
    history.addAll(streams);
    return Environment.interleaved(catalogue, streams, new Random(seed));
  }

  private static List<Stream> lives(int count, int seed) {
    Random random = new Random(seed);
    List<Stream> streams = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      streams.addAll(OrderLives.life("o" + nextOrder++, random));
    }
    return streams;
  }

  private void awaitExpected() {
    Map<String, OrderRow> expected = Environment.expected(view, catalogue, history);
    await()
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(() -> rows().equals(expected));
    try {
      assertExpected();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private void assertExpected() throws SQLException {
    Map<String, OrderRow> expected = Environment.expected(view, catalogue, history);
    assertThat(rows()).isEqualTo(expected);
    try (Connection connection = reader()) {
      assertThat(Environment.actualTotals(connection, view))
          .isEqualTo(Environment.sums(view, expected.values()));
      try (ResultSet parked =
          connection.createStatement().executeQuery("SELECT count(*) FROM parked_lane")) {
        parked.next();
        assertThat(parked.getInt(1)).isZero();
      }
    }
  }

  private Map<String, OrderRow> rows() throws SQLException {
    try (Connection connection = reader()) {
      return Environment.actual(connection, view);
    }
  }

  private static long taken() throws SQLException {
    try (Connection connection = reader();
        ResultSet result =
            connection
                .createStatement()
                .executeQuery("SELECT coalesce(sum(events), 0) FROM view_partition")) {
      result.next();
      return result.getLong(1);
    }
  }

  private static Connection reader() throws SQLException {
    return postgres.connect(PostgresServer.VIEWS, "headrace_query");
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = postgres.connect(PostgresServer.VIEWS)) {
      connection.createStatement().execute(sql);
    }
  }
}
