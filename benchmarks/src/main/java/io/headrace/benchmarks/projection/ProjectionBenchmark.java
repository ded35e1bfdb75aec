package io.headrace.benchmarks.projection;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.benchmarks.projection.Dataset.Event;
import io.headrace.benchmarks.report.Figures;
import io.headrace.events.platform.Topics;
import io.headrace.localstack.KafkaOptions;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.logging.Level;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jboss.logmanager.Logger;
import org.postgresql.PGConnection;

/**
 * {@code make bench-projection}: the worker as it is deployed, rebuilding from a log that costs
 * nothing and following topics, beside one event a transaction and beside COPY of the same rows.
 *
 * <p>Every round runs every kind, so that all of them meet the same weather. After each the rows
 * are counted, and the events that the view says it has taken.
 */
public final class ProjectionBenchmark {

  private static final List<String> CONTEXTS = List.of("ordering", "payment", "shipping", "review");
  private static final int PARTITIONS = 6;
  private static final int WARM_UP = 100;
  private static final int EVENTS_OF_AN_ORDER = 9;
  private static final Map<String, String> ROW_AT_A_TIME =
      Map.of("headrace.projection.batch-size", "1", "headrace.projection.rebuild.batch-size", "1");

  /** To look at one thing at a time: {@code -Dbench.parts=rebuild}. */
  private static final List<String> PARTS =
      List.of(System.getProperty("bench.parts", "rebuild,live,lag").split(","));

  // Kept, or its level would be forgotten with it. A topic that is new has no leader for a moment,
  // and the client says so for every batch.
  private static final Logger KAFKA_CLIENT = Logger.getLogger("org.apache.kafka");

  private final boolean quick = "1".equals(System.getenv("QUICK"));
  private final int rounds = quick ? 1 : Integer.getInteger("bench.rounds", 5);
  private final int orders = quick ? 1_000 : 40_000;
  private final int ordersOneByOne = quick ? 50 : 2_000;
  private final Duration lagTime = Duration.ofSeconds(quick ? 3 : 20);
  private final List<Integer> lagRates = quick ? List.of(1_000) : List.of(100, 1_000, 10_000);
  private final Figures figures = new Figures("projection", quick);
  private final PostgresServer postgres;
  private final LogServer log;
  private int databases;

  private ProjectionBenchmark(PostgresServer postgres, LogServer log) {
    this.postgres = postgres;
    this.log = log;
  }

  public static void main(String[] arguments) throws Exception {
    KAFKA_CLIENT.setLevel(Level.OFF);
    Files.createDirectories(Path.of("target"));
    try (PostgresServer postgres = PostgresServer.start(PostgresOptions.throwaway());
        LogServer log = new LogServer()) {
      new ProjectionBenchmark(postgres, log).run();
    }
  }

  private void run() throws Exception {
    List<Dataset> all =
        List.of(Dataset.single(orders * 2), Dataset.fourContexts(orders), Dataset.hotRow(orders));
    for (int round = 1; round <= rounds; round++) {
      System.out.printf("%nround %d of %d%n", round, rounds);
      if (PARTS.contains("rebuild")) {
        for (Dataset each : all) {
          rebuild(each);
        }
      }
      if (PARTS.contains("live")) {
        live(all);
      }
      if (PARTS.contains("lag")) {
        for (int rate : lagRates) {
          lag(rate);
        }
      }
    }
    figures.print();
    figures.write(Path.of("target", "bench", "projection.json"), rounds);
  }

  private void live(List<Dataset> all) throws Exception {
    Dataset four = all.get(1);
    double one = 0;
    for (Dataset each : all) {
      double rate = live(each, "live_" + each.name(), 1, Map.of());
      one = each == four ? rate : one;
    }
    double two = live(four, "live_" + four.name() + "_two_workers", 2, Map.of());
    figures.ratio("two_workers_vs_one", two / one);
    live(four.first(ordersOneByOne), "live_four_contexts_row_at_a_time", 1, ROW_AT_A_TIME);
  }

  /** A broker of its own for every run: topics that are deleted and made anew confuse producers. */
  private static KafkaServer kafka() throws InterruptedException, ExecutionException {
    KafkaServer kafka =
        KafkaServer.start(
            KafkaOptions.throwaway()
                .withJvm(List.of("-Xms256m", "-Xmx512m", "-XX:+UseSerialGC"))
                .withSettings(Map.of("group.initial.rebalance.delay.ms", "0")));
    try (Admin admin =
        Admin.create(Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers()))) {
      admin
          .createTopics(
              CONTEXTS.stream()
                  .map(context -> new NewTopic(Topics.of(context), PARTITIONS, (short) 1))
                  .toList())
          .all()
          .get();
    }
    return kafka;
  }

  private void rebuild(Dataset dataset) throws Exception {
    String database = database();
    double rate;
    log.serve(dataset);
    try (KafkaServer kafka = kafka();
        WorkerUnderTest worker =
            WorkerUnderTest.start(postgres, database, kafka, log.url(), Map.of())) {
      // To warm up: a worker that has just started compiles its code as it goes.
      for (int i = 0; i < 2; i++) {
        worker.readLog();
        worker.abandon();
      }
      JsonNode state = worker.readLog();
      rate = rate(dataset, state);
      figures.add("rebuild_" + dataset.name() + "_events_per_s", "events/s", rate);
      figures.add("rebuild_" + dataset.name() + "_peak_memory", "MB", worker.peakMemory());
      int generation = state.path("generation").asInt();
      check(dataset, database, "orders_g" + generation);
      double copy = dataset.events().size() / copySeconds(database, generation);
      figures.add("copy_" + dataset.name() + "_events_per_s", "events/s", copy);
      if (dataset.name().equals("four_contexts")) {
        figures.ratio("rebuild_vs_copy_limit", rate / copy);
      }
    }
    drop(database);
    if (dataset.name().equals("four_contexts")) {
      figures.ratio("rebuild_vs_row_at_a_time", rate / rebuildRowAtATime(dataset));
    }
  }

  private double rebuildRowAtATime(Dataset dataset) throws Exception {
    String database = database();
    Dataset some = dataset.first(ordersOneByOne);
    log.serve(some);
    try (KafkaServer kafka = kafka();
        WorkerUnderTest worker =
            WorkerUnderTest.start(postgres, database, kafka, log.url(), ROW_AT_A_TIME)) {
      worker.readLog();
      worker.abandon();
      JsonNode state = worker.readLog();
      double rate = rate(some, state);
      figures.add("rebuild_four_contexts_row_at_a_time_events_per_s", "events/s", rate);
      check(some, database, "orders_g" + state.path("generation").asInt());
      return rate;
    } finally {
      drop(database);
    }
  }

  /** From when the rebuild was asked for to when the log had been read. */
  private static double rate(Dataset dataset, JsonNode state) {
    long events = state.path("eventsDone").asLong();
    if (events != dataset.events().size()) {
      throw new IllegalStateException(
          "%d events were taken of %d".formatted(events, dataset.events().size()));
    }
    Duration took =
        Duration.between(
            Instant.parse(state.path("startedAt").asText()),
            Instant.parse(state.path("phaseSince").asText()));
    return events / (took.toNanos() / 1e9);
  }

  private void check(Dataset dataset, String database, String table) throws SQLException {
    try (Connection connection = postgres.connect(database);
        ResultSet result =
            connection
                .createStatement()
                .executeQuery(
                    "SELECT count(*) FILTER (WHERE status = '%s'), count(*) FROM %s"
                        .formatted(
                            dataset.name().equals("single") ? "confirmed" : "delivered", table))) {
      result.next();
      if (result.getInt(1) != dataset.orders() || result.getInt(2) != dataset.orders()) {
        throw new IllegalStateException(
            "of %d orders, %d rows are there and %d come out right"
                .formatted(dataset.orders(), result.getInt(2), result.getInt(1)));
      }
    }
  }

  /** The limit: the final rows into a table with the same indexes, and nothing else done. */
  private double copySeconds(String database, int generation) throws SQLException, IOException {
    try (Connection connection = postgres.connect(database)) {
      PGConnection copying = connection.unwrap(PGConnection.class);
      double seconds = 0;
      for (String table : List.of("orders", "sellers", "daily_sales")) {
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        copying.getCopyAPI().copyOut("COPY %s_g%d TO STDOUT".formatted(table, generation), rows);
        connection
            .createStatement()
            .execute(
                "CREATE TABLE copy_of_%s (LIKE %s_g%d INCLUDING ALL)"
                    .formatted(table, table, generation));
        long start = System.nanoTime();
        copying
            .getCopyAPI()
            .copyIn(
                "COPY copy_of_%s FROM STDIN".formatted(table),
                new ByteArrayInputStream(rows.toByteArray()),
                1 << 16);
        seconds += (System.nanoTime() - start) / 1e9;
      }
      return seconds;
    }
  }

  /**
   * All events at once, faster than they can be taken, to workers that are ready and have dealt the
   * partitions out among themselves.
   */
  private double live(Dataset dataset, String name, int workers, Map<String, String> settings)
      throws Exception {
    String database = database();
    List<WorkerUnderTest> running = new ArrayList<>();
    try (KafkaServer kafka = kafka();
        Connection connection = postgres.connect(database)) {
      for (int i = 0; i < workers; i++) {
        running.add(WorkerUnderTest.start(postgres, database, kafka, log.url(), settings));
      }
      publish(kafka, interleaved(Dataset.fourContexts(WARM_UP)), "warm");
      while (taken(connection) < WARM_UP * EVENTS_OF_AN_ORDER) {
        Thread.sleep(20);
      }
      long from = taken(connection);
      List<Event> events = interleaved(dataset);
      long start = System.nanoTime();
      publish(kafka, events, "");
      while (taken(connection) < from + events.size()) {
        Thread.sleep(5);
      }
      double rate = events.size() / ((System.nanoTime() - start) / 1e9);
      figures.add(name + "_events_per_s", "events/s", rate);
      checkLive(connection, Math.max(dataset.orders(), WARM_UP));
      return rate;
    } finally {
      running.forEach(WorkerUnderTest::close);
      drop(database);
    }
  }

  private static void checkLive(Connection connection, int orders) throws SQLException {
    try (ResultSet result =
        connection
            .createStatement()
            .executeQuery(
                "SELECT (SELECT count(*) FROM orders WHERE confirmed_at IS NOT NULL), (SELECT count(*) FROM parked_lane)")) {
      result.next();
      if (result.getInt(1) != orders || result.getInt(2) != 0) {
        throw new IllegalStateException(
            "of %d orders %d are there, and %d lanes are parked"
                .formatted(orders, result.getInt(1), result.getInt(2)));
      }
    }
  }

  private static long taken(Connection connection) throws SQLException {
    try (ResultSet result =
        connection
            .createStatement()
            .executeQuery("SELECT coalesce(sum(events), 0) FROM view_partition")) {
      result.next();
      return result.getLong(1);
    }
  }

  /** The streams of an order mixed with those of others, each in order: as they were recorded. */
  private static List<Event> interleaved(Dataset dataset) {
    List<Event> events = new ArrayList<>(dataset.events());
    Map<String, Double> places = new HashMap<>();
    Random random = new Random(5);
    double width = Math.max(1, dataset.orders() / 50.0);
    List<Map.Entry<Double, Event>> placed = new ArrayList<>();
    for (Event each : events) {
      double order = Integer.parseInt(each.key().substring(1));
      double place = places.merge(each.stream(), order + random.nextDouble() * width, Math::max);
      places.put(each.stream(), place + random.nextDouble());
      placed.add(Map.entry(place, each));
    }
    placed.sort(Map.Entry.comparingByKey());
    return placed.stream().map(Map.Entry::getValue).toList();
  }

  /**
   * From just before an event is handed to the Kafka client to when its row can be read, found by
   * asking again and again.
   */
  private void lag(int rate) throws Exception {
    int howMany = (int) (rate * lagTime.toSeconds());
    Dataset dataset = Dataset.fourContexts(Math.max(10, howMany / EVENTS_OF_AN_ORDER + 1));
    List<Event> events = interleaved(dataset);
    String database = database();
    Map<TopicPartition, List<Long>> sent = new HashMap<>();
    Map<TopicPartition, Integer> seen = new HashMap<>();
    List<Double> lags = new ArrayList<>();
    try (KafkaServer kafka = kafka();
        WorkerUnderTest _ = WorkerUnderTest.start(postgres, database, kafka, log.url(), Map.of());
        Connection connection = postgres.connect(database)) {
      warmUp(kafka, connection);
      read(connection).forEach(seen::put);
      Map<TopicPartition, Integer> before = Map.copyOf(seen);
      Thread producing =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try (KafkaProducer<byte[], byte[]> producer = producer(kafka)) {
                      long start = System.nanoTime();
                      for (int i = 0; i < howMany; i++) {
                        long due = start + (long) (i * 1e9 / rate);
                        while (System.nanoTime() < due) {
                          LockSupport.parkNanos(due - System.nanoTime());
                        }
                        long at = System.nanoTime();
                        producer.send(
                            events.get(i).record(), (metadata, e) -> note(sent, metadata, at));
                      }
                    }
                  });
      int done = 0;
      while (done < howMany) {
        Map<TopicPartition, Integer> now = read(connection);
        long at = System.nanoTime();
        for (Map.Entry<TopicPartition, Integer> each : now.entrySet()) {
          int from = seen.getOrDefault(each.getKey(), 0);
          int base = before.getOrDefault(each.getKey(), 0);
          int to = each.getValue();
          synchronized (sent) {
            List<Long> times = sent.getOrDefault(each.getKey(), List.of());
            // The acknowledgement may come after the row: then it is looked at again next time.
            to = Math.min(to, base + times.size());
            for (int i = from; i < to; i++) {
              lags.add((at - times.get(i - base)) / 1e6);
              done++;
            }
          }
          seen.put(each.getKey(), Math.max(from, to));
        }
        Thread.sleep(1);
      }
      producing.join();
    } finally {
      drop(database);
    }
    lags.sort(null);
    figures.add("lag_p50_at_" + rate, "ms", lags.get(lags.size() / 2));
    figures.add("lag_p99_at_" + rate, "ms", lags.get((int) (lags.size() * 0.99)));
  }

  /** At a moderate rate, so that the worker compiles what it does with few events at a time. */
  private void warmUp(KafkaServer kafka, Connection connection)
      throws SQLException, InterruptedException {
    int perSecond = 1_000;
    int orders = Math.toIntExact(perSecond * lagTime.toSeconds() / EVENTS_OF_AN_ORDER);
    List<Event> events = interleaved(Dataset.fourContexts(orders));
    try (KafkaProducer<byte[], byte[]> producer = producer(kafka)) {
      long start = System.nanoTime();
      for (int i = 0; i < events.size(); i++) {
        LockSupport.parkNanos(start + i * (1_000_000_000L / perSecond) - System.nanoTime());
        producer.send(events.get(i).under("warm"));
      }
    }
    while (taken(connection) < events.size()) {
      Thread.sleep(20);
    }
  }

  private static void note(Map<TopicPartition, List<Long>> sent, RecordMetadata metadata, long at) {
    synchronized (sent) {
      sent.computeIfAbsent(
              new TopicPartition(metadata.topic(), metadata.partition()), p -> new ArrayList<>())
          .add(at);
    }
  }

  private static Map<TopicPartition, Integer> read(Connection connection) throws SQLException {
    Map<TopicPartition, Integer> events = new HashMap<>();
    try (ResultSet results =
        connection
            .createStatement()
            .executeQuery("SELECT topic, partition, events FROM view_partition")) {
      while (results.next()) {
        events.put(new TopicPartition(results.getString(1), results.getInt(2)), results.getInt(3));
      }
    }
    return events;
  }

  private static void publish(KafkaServer kafka, List<Event> events, String prefix) {
    try (KafkaProducer<byte[], byte[]> producer = producer(kafka)) {
      for (Event each : events) {
        producer.send(each.under(prefix));
      }
    }
  }

  private static KafkaProducer<byte[], byte[]> producer(KafkaServer kafka) {
    return new KafkaProducer<>(
        Map.of(
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            kafka.bootstrapServers(),
            ProducerConfig.LINGER_MS_CONFIG,
            0,
            // In order without sequence numbers, which a topic without a leader yet gets wrong.
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            false,
            ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
            1,
            ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
            ByteArraySerializer.class,
            ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
            ByteArraySerializer.class));
  }

  /** New and empty, with the rights that the worker needs. */
  private String database() throws SQLException {
    String name = "bench_" + ++databases;
    try (Connection connection = postgres.connect("postgres")) {
      connection
          .createStatement()
          .execute("CREATE DATABASE %s OWNER headrace_owner".formatted(name));
    }
    try (Connection connection = postgres.connect(name)) {
      connection.createStatement().execute("ALTER SCHEMA public OWNER TO headrace_owner");
    }
    return name;
  }

  private void drop(String database) throws SQLException {
    try (Connection connection = postgres.connect("postgres")) {
      connection.createStatement().execute("DROP DATABASE %s WITH (FORCE)".formatted(database));
      connection.createStatement().execute("CHECKPOINT");
    }
  }
}
