package io.headrace.projection.platform.engine;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.EventMetadata;
import io.headrace.events.platform.RecordedEvent;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What the tests of the running engine share: a relay to publish with, and an oracle to compare
 * with.
 */
final class Environment {

  private Environment() {}

  /** Publishes as the relay does: in transactions, and some of them are aborted. */
  static final class Relay implements AutoCloseable {

    private final KafkaProducer<byte[], byte[]> producer;
    private final Random random = new Random(7);

    Relay(String bootstrapServers, String id) {
      Properties properties = new Properties();
      properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
      properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id);
      properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
      properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
      properties.put(ProducerConfig.LINGER_MS_CONFIG, 5);
      producer = new KafkaProducer<>(properties);
      producer.initTransactions();
    }

    void publish(List<Published> events) {
      int next = 0;
      while (next < events.size()) {
        int end = Math.min(events.size(), next + 1 + random.nextInt(100));
        boolean abort = random.nextInt(10) == 0;
        producer.beginTransaction();
        events.subList(next, end).forEach(this::send);
        if (abort) {
          producer.abortTransaction();
        } else {
          producer.commitTransaction();
          next = end;
        }
      }
    }

    private void send(Published event) {
      producer.send(
          new ProducerRecord<>(
              event.topic(),
              null,
              event.key().getBytes(StandardCharsets.UTF_8),
              event.payload(),
              event.kafkaHeaders()));
    }

    @Override
    public void close() {
      producer.close();
    }
  }

  static void createTopics(String bootstrapServers, Iterable<String> topics) throws Exception {
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers))) {
      for (String topic : topics) {
        admin.createTopics(List.of(new NewTopic(topic, 6, (short) 1))).all().get();
      }
    }
  }

  /** The events of many streams, shuffled but in order within each, some of them twice. */
  static List<Published> interleaved(
      EventCatalogue catalogue, List<ViewSpec.Stream> streams, Random random) {
    List<List<Published>> left = new ArrayList<>();
    for (ViewSpec.Stream stream : streams) {
      List<Published> events = new ArrayList<>();
      for (int i = 0; i < stream.events().size(); i++) {
        events.add(Published.of(catalogue, stream.id(), i + 1L, stream.events().get(i)));
      }
      left.add(events);
    }
    List<Published> result = new ArrayList<>();
    while (!left.isEmpty()) {
      int at = random.nextInt(left.size());
      Published event = left.get(at).removeFirst();
      if (left.get(at).isEmpty()) {
        left.set(at, left.getLast());
        left.removeLast();
      }
      result.add(event);
      if (random.nextInt(20) == 0) {
        result.add(result.get(result.size() - 1 - random.nextInt(Math.min(50, result.size()))));
      }
    }
    return result;
  }

  /** The rows of a view, folded stream by stream and one event at a time, without the engine. */
  static <R extends Record> Map<String, R> expected(
      CompiledView<R> view, EventCatalogue catalogue, List<ViewSpec.Stream> streams) {
    Map<String, R> rows = new TreeMap<>();
    for (ViewSpec.Stream stream : streams) {
      for (int i = 0; i < stream.events().size(); i++) {
        Inbound inbound =
            Inbound.of(
                Published.of(catalogue, stream.id(), i + 1L, stream.events().get(i)).at(0, i),
                catalogue);
        var recorded = Objects.requireNonNull(inbound.recorded());
        if (view.wants(recorded)) {
          var event = Objects.requireNonNull(inbound.event());
          for (String key : view.keysOf(recorded, event)) {
            R row = view.evolve(rows.get(key), key, recorded, event);
            if (row == null) {
              rows.remove(key);
            } else {
              rows.put(key, row);
            }
          }
        }
      }
    }
    return rows;
  }

  /** The rows of a view, folded from what stands in the event log, without the engine. */
  static <R extends Record> Map<String, R> expected(
      CompiledView<R> view, EventCatalogue catalogue, Connection commands) throws SQLException {
    Map<String, R> rows = new TreeMap<>();
    try (PreparedStatement statement =
        commands.prepareStatement(
            """
            SELECT stream_id, stream_version, context, event_type, partition_key, recorded_at, payload
              FROM event_log WHERE context = ANY(?) ORDER BY stream_id, stream_version""")) {
      statement.setArray(1, commands.createArrayOf("text", view.contexts().toArray()));
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          RecordedEvent recorded =
              new RecordedEvent(
                  results.getString(3),
                  results.getString(1),
                  results.getLong(2),
                  results.getString(4),
                  results.getString(5),
                  Instant.EPOCH.plus(results.getLong(6), ChronoUnit.MICROS),
                  EventMetadata.NONE,
                  results.getString(7).getBytes(StandardCharsets.UTF_8));
          if (view.wants(recorded)) {
            DomainEvent event = catalogue.decode(recorded.type(), recorded.payload()).orElseThrow();
            for (String key : view.keysOf(recorded, event)) {
              R row = view.evolve(rows.get(key), key, recorded, event);
              if (row == null) {
                rows.remove(key);
              } else {
                rows.put(key, row);
              }
            }
          }
        }
      }
    }
    return rows;
  }

  /** The rows as a reader sees them. */
  static <R extends Record> Map<String, R> actual(Connection connection, CompiledView<R> view)
      throws SQLException {
    Map<String, R> rows = new TreeMap<>();
    try (PreparedStatement statement =
            connection.prepareStatement(
                "SELECT %s FROM %s".formatted(view.codec().nameList(), view.name()));
        ResultSet results = statement.executeQuery()) {
      while (results.next()) {
        rows.put(results.getString(1), view.codec().read(results, 1));
      }
    }
    return rows;
  }

  /** Of each rollup, its totals by key, as a reader sees them. */
  static <R extends Record> Map<String, Map<Record, List<BigDecimal>>> actualTotals(
      Connection connection, CompiledView<R> view) throws SQLException {
    Map<String, Map<Record, List<BigDecimal>>> all = new TreeMap<>();
    for (CompiledRollup<R, ?, ?> rollup : view.rollups()) {
      Map<Record, List<BigDecimal>> totals = new HashMap<>();
      int width = rollup.keys().columns().size();
      try (PreparedStatement statement =
              connection.prepareStatement(
                  "SELECT %s, %s FROM %s"
                      .formatted(
                          rollup.keys().nameList(), rollup.measures().nameList(), rollup.name()));
          ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          List<BigDecimal> values = new ArrayList<>();
          for (int i = 0; i < rollup.measures().columns().size(); i++) {
            values.add(results.getBigDecimal(width + 1 + i).stripTrailingZeros());
          }
          totals.put(rollup.keys().read(results, 1), values);
        }
      }
      all.put(rollup.name(), totals);
    }
    return all;
  }

  /** The sums over rows. */
  static <R extends Record> Map<String, Map<Record, List<BigDecimal>>> sums(
      CompiledView<R> view, Iterable<R> rows) {
    Map<String, Map<Record, List<BigDecimal>>> all = new TreeMap<>();
    for (CompiledRollup<R, ?, ?> rollup : view.rollups()) {
      Map<Record, List<BigDecimal>> totals = new HashMap<>();
      for (R row : rows) {
        for (var contribution : rollup.change(null, row).added()) {
          List<BigDecimal> sum = totals.get(contribution.key());
          List<BigDecimal> added = new ArrayList<>();
          for (int i = 0; i < rollup.measures().columns().size(); i++) {
            BigDecimal value =
                new BigDecimal(
                    rollup.measures().columns().get(i).of(contribution.measures()).toString());
            added.add(sum == null ? value : sum.get(i).add(value));
          }
          totals.put(contribution.key(), added);
        }
      }
      totals.values().removeIf(values -> values.stream().allMatch(v -> v.signum() == 0));
      totals.replaceAll(
          (key, values) -> values.stream().map(BigDecimal::stripTrailingZeros).toList());
      all.put(rollup.name(), totals);
    }
    return all;
  }
}
