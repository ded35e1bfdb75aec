package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresServer;
import io.headrace.projection.contexts.ordering.OrderLives;
import io.headrace.projection.contexts.ordering.OrderRow;
import io.headrace.projection.contexts.ordering.OrdersView;
import io.headrace.projection.platform.engine.Failures.FencedException;
import io.headrace.projection.platform.engine.ViewSpec.Stream;
import java.io.IOException;
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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The engine on real servers that fail. Every test adds orders to those of the tests before it, and
 * at its end all rows equal the fold of the event log made without the engine, and the totals their
 * sums.
 */
class EngineFaultsTest {

  private static final Retry.Owner FOREVER = () -> true;

  private static Servers servers;
  private static PostgresServer postgres;
  private static KafkaServer kafka;
  private static DataSource dataSource;
  private static int nextOrder;

  private final OrdersView orders = new OrdersView();
  private final CompiledView<OrderRow> view = new CompiledView<>(orders);
  private final EventCatalogue catalogue = Views.catalogueOf(List.of(orders));

  @BeforeAll
  static void start() throws Exception {
    servers = Servers.get();
    postgres = servers.postgres;
    kafka = servers.kafka;
    dataSource = servers.dataSource;
  }

  @Test
  void a_worker_killed_in_the_middle_leaves_nothing_undone_and_nothing_done_twice()
      throws Exception {
    List<Published> events = newOrders(400, 1);
    servers.publish(events.subList(0, events.size() / 2));
    long before = taken();
    for (int i = 1; i <= 3; i++) {
      Process process = fork("killed");
      long target = before + i * 300L;
      await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> taken() >= target);
      WorkerProcess.kill(process);
    }
    servers.publish(events.subList(events.size() / 2, events.size()));
    try (Supervisor _ = worker("killed")) {
      awaitExpected();
    }
  }

  @Test
  void workers_that_come_and_go_share_the_work_without_double_effect() throws Exception {
    List<Published> events = newOrders(300, 2);
    int third = events.size() / 3;
    Supervisor first = worker("rebalanced");
    servers.publish(events.subList(0, third));
    Supervisor second = worker("rebalanced");
    servers.publish(events.subList(third, 2 * third));
    first.close();
    try (Supervisor _ = worker("rebalanced")) {
      servers.publish(events.subList(2 * third, events.size()));
      awaitExpected();
    }
    second.close();
  }

  @Test
  void postgresql_killed_and_started_again_is_survived_unattended() throws Exception {
    List<Published> events = newOrders(200, 3);
    try (Supervisor _ = worker("postgres-restarted")) {
      EventLogServer.append(postgres, events);
      servers.relay.publish(events.subList(0, events.size() / 2));
      postgres.kill();
      servers.relay.publish(events.subList(events.size() / 2, events.size()));
      postgres.start();
      awaitExpected();
    }
  }

  @Test
  void kafka_killed_and_started_again_is_survived_unattended() throws Exception {
    List<Published> events = newOrders(200, 4);
    try (Supervisor _ = worker("kafka-restarted")) {
      servers.publish(events.subList(0, events.size() / 2));
      kafka.kill();
      kafka.start();
      servers.publish(events.subList(events.size() / 2, events.size()));
      awaitExpected();
    }
  }

  @Test
  void workers_folding_into_the_same_rows_at_once_lose_nothing() throws Exception {
    // No Kafka: each stream is a partition of its own, so that every row is disputed by many
    // workers.
    List<Stream> streams = lives(60, 5);
    Map<Integer, List<Inbound>> byWorker = new HashMap<>();
    List<Published> logged = new ArrayList<>();
    int partition = 1000;
    for (Stream stream : streams) {
      partition++;
      for (int i = 0; i < stream.events().size(); i++) {
        Published published = Published.of(catalogue, stream.id(), i + 1L, stream.events().get(i));
        logged.add(published);
        Inbound inbound = Inbound.of(published.at(partition, i), catalogue);
        byWorker.computeIfAbsent(partition % 6, w -> new ArrayList<>()).add(inbound);
      }
    }
    EventLogServer.append(postgres, logged);
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
    assertExpected();
    execute("DELETE FROM view_partition WHERE partition >= 1000");
  }

  private void takeInBatches(List<Inbound> events) throws Exception {
    ViewWorker<OrderRow> worker = WorkerProcess.viewWorker(orders, dataSource);
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
      EventLogServer.append(postgres, List.of(each));
      events.add(Inbound.of(each.at(2000, events.size()), catalogue));
    }
    Map<TopicPartition, Long> ends = new HashMap<>();
    events.forEach(e -> ends.put(e.source(), 1_000L));
    ViewWorker<OrderRow> zombie = WorkerProcess.viewWorker(orders, dataSource);
    ViewWorker<OrderRow> owner = WorkerProcess.viewWorker(orders, dataSource);
    Positions zombies = new Positions();
    Positions owners = new Positions();
    zombies.hold(zombie.positions(ends, FOREVER));
    owners.hold(owner.positions(ends, FOREVER));

    owner.take(events.subList(0, 2), owners, FOREVER);
    assertThatThrownBy(() -> zombie.take(events, zombies, FOREVER))
        .isInstanceOf(FencedException.class);
    owner.take(events, owners, FOREVER);

    assertExpected();
    execute("DELETE FROM view_partition WHERE partition >= 1000");
  }

  @Test
  void a_topic_filled_anew_is_read_from_its_start_and_known_events_are_dropped() throws Exception {
    TopicPartition partition = new TopicPartition("ordering.events", 3000);
    ViewWorker<OrderRow> worker = WorkerProcess.viewWorker(orders, dataSource);
    execute(
        "INSERT INTO view_partition (view, generation, topic, partition, next_offset)"
            + " SELECT 'orders', generation, 'ordering.events', 3000, 500 FROM view_generation"
            + " WHERE view = 'orders' AND state = 'live'");
    assertThat(worker.positions(Map.of(partition, 600L), FOREVER)).containsEntry(partition, 500L);
    assertThat(worker.positions(Map.of(partition, 499L), FOREVER)).containsEntry(partition, 0L);
    execute("DELETE FROM view_partition WHERE partition >= 1000");
  }

  /**
   * Load, workers killed, forced rebalances, both servers killed, and a rebuild meanwhile. A larger
   * one: {@code -Dheadrace.storm.orders=20000 -Dheadrace.storm.rounds=30}.
   */
  @Test
  void whatever_happens_at_once_the_view_equals_the_fold_of_the_event_log() throws Exception {
    int rounds = Integer.getInteger("headrace.storm.rounds", 3);
    List<Published> events = newOrders(Integer.getInteger("headrace.storm.orders", 300), 7);
    Random random = new Random(7);
    List<Process> processes = new ArrayList<>();
    try (ExecutorService threads = Executors.newSingleThreadExecutor();
        Supervisor local = worker("storm")) {
      processes.add(fork("storm"));
      int live = liveGeneration();
      Future<?> load =
          threads.submit(
              () -> {
                int next = 0;
                int step = Math.max(1, events.size() / (rounds * 20));
                while (next < events.size()) {
                  List<Published> some = events.subList(next, Math.min(events.size(), next + step));
                  if (append(some)) {
                    servers.relay.publish(some);
                    next += some.size();
                  }
                }
                return null;
              });
      await().atMost(Duration.ofSeconds(60)).until(() -> taken() > 0);
      local.rebuilds().begin(local.view("orders").orElseThrow(), ANY);
      for (int round = 0; round < rounds; round++) {
        processes.add(fork("storm"));
        WorkerProcess.kill(processes.removeFirst());
        local.runners().forEach(Runner::rebalance);
        switch (random.nextInt(2) + round % 2) {
          case 0 -> local.runners().forEach(Runner::rebalance);
          case 1 -> postgres.restart();
          default -> {
            kafka.kill();
            kafka.start();
          }
        }
        long before = taken();
        await()
            .atMost(Duration.ofSeconds(90))
            .ignoreExceptions()
            .until(() -> taken() > before || load.isDone());
      }
      load.get();
      awaitExpected();
      await()
          .atMost(Duration.ofSeconds(90))
          .ignoreExceptions()
          .until(() -> liveGeneration() > live);
      awaitExpected();
    } finally {
      for (Process each : processes) {
        WorkerProcess.kill(each);
      }
    }
  }

  private static final Rebuilds.Request ANY =
      new Rebuilds.Request("requested", 2_000, false, null, null);

  private static boolean append(List<Published> events) {
    try {
      EventLogServer.append(postgres, events);
      return true;
    } catch (SQLException | AssertionError e) {
      // The driver asserts that a connection does not break in the middle of a batch; this one may.
      return false;
    }
  }

  private static int liveGeneration() throws SQLException {
    return Integer.parseInt(
        servers.ask(
            "SELECT generation FROM view_generation WHERE view = 'orders' AND state = 'live'"));
  }

  private static Process fork(String group) throws IOException {
    return WorkerProcess.fork(
        kafka.bootstrapServers(), postgres.jdbcUrl(PostgresServer.VIEWS), servers.log.url(), group);
  }

  private Supervisor worker(String group) {
    return WorkerProcess.start(
        List.of(orders),
        kafka.bootstrapServers(),
        dataSource,
        servers.log.url(),
        Map.of("group", group));
  }

  private List<Published> newOrders(int count, int seed) {
    return Environment.interleaved(catalogue, lives(count, seed), new Random(seed));
  }

  private static List<Stream> lives(int count, int seed) {
    Random random = new Random(seed);
    List<Stream> streams = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      streams.addAll(OrderLives.life("o" + nextOrder++, random));
    }
    return streams;
  }

  private void awaitExpected() throws SQLException {
    Map<String, OrderRow> expected = expected();
    await()
        .atMost(Duration.ofSeconds(90))
        .pollInterval(Duration.ofMillis(100))
        .ignoreExceptions()
        .until(() -> rows().equals(expected));
    assertExpected();
  }

  private Map<String, OrderRow> expected() throws SQLException {
    try (Connection commands = postgres.connect(PostgresServer.COMMANDS)) {
      return Environment.expected(view, catalogue, commands);
    }
  }

  private void assertExpected() throws SQLException {
    Map<String, OrderRow> expected = expected();
    assertThat(rows()).isEqualTo(expected);
    try (Connection connection = reader()) {
      assertThat(Environment.actualTotals(connection, view))
          .isEqualTo(Environment.sums(view, expected.values()));
      try (ResultSet parked =
          connection
              .createStatement()
              .executeQuery("SELECT count(*) FROM parked_lane WHERE view = 'orders'")) {
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
                .executeQuery(
                    "SELECT coalesce(sum(events), 0) FROM view_partition WHERE view = 'orders'")) {
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
