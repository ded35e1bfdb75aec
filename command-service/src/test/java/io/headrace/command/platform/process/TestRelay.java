package io.headrace.command.platform.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.Headers;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.events.platform.Topics;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Stands in for the relay: publishes what appears in the log, in version order for each stream, and
 * each event twice. The service under test must not notice.
 */
final class TestRelay implements AutoCloseable {

  private static final Map<String, Integer> PARTITIONS =
      Map.of("ordering", 6, "payment", 6, "shipping", 6, "review", 6);

  private final PostgresServer postgres;
  private final KafkaProducer<String, byte[]> producer;
  private final Set<String> published = new HashSet<>();
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = new Thread(this::run, "test-relay");

  TestRelay(PostgresServer postgres, KafkaServer kafka) throws Exception {
    this.postgres = postgres;
    createTopics(kafka);
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                kafka.bootstrapServers(),
                "acks",
                "all",
                "enable.idempotence",
                "true",
                "delivery.timeout.ms",
                300_000),
            new StringSerializer(),
            new ByteArraySerializer());
    thread.start();
  }

  private static void createTopics(KafkaServer kafka) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
      Set<String> existing = admin.listTopics().names().get(60, TimeUnit.SECONDS);
      List<NewTopic> missing =
          PARTITIONS.entrySet().stream()
              .map(entry -> new NewTopic(Topics.of(entry.getKey()), entry.getValue(), (short) 1))
              .filter(topic -> !existing.contains(topic.name()))
              .toList();
      admin.createTopics(missing).all().get(60, TimeUnit.SECONDS);
    }
  }

  private void run() {
    try {
      while (!stop.await(20, TimeUnit.MILLISECONDS)) {
        try (Connection connection = postgres.connect(PostgresServer.COMMANDS)) {
          publishNew(connection);
        } catch (SQLException | IllegalStateException e) {
          // The test has killed the database; the log is read again when it is back.
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void publishNew(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT stream_id, stream_version, context, event_type, partition_key, recorded_at,
                  metadata, payload
                FROM event_log
                WHERE context IN ('ordering', 'payment', 'shipping', 'review')
                ORDER BY recorded_at, stream_version""")) {
      // By version within each stream, whatever the clock says.
      Map<String, TreeMap<Long, ProducerRecord<String, byte[]>>> streams = new TreeMap<>();
      while (rows.next()) {
        if (published.add(RecordedEvent.id(rows.getString(1), rows.getLong(2)))) {
          streams
              .computeIfAbsent(rows.getString(1), _ -> new TreeMap<>())
              .put(rows.getLong(2), record(rows));
        }
      }
      streams.values().forEach(records -> records.values().forEach(this::twice));
    }
  }

  private void twice(ProducerRecord<String, byte[]> record) {
    producer.send(record);
    producer.send(record);
  }

  private static ProducerRecord<String, byte[]> record(ResultSet row) throws SQLException {
    ProducerRecord<String, byte[]> record =
        event(
            row.getString(3),
            row.getString(1),
            row.getLong(2),
            row.getString(4),
            row.getString(5),
            row.getString(8));
    try {
      JsonNode metadata = EventJson.mapper().readTree(row.getString(7));
      metadata
          .properties()
          .forEach(field -> add(record, field.getKey(), field.getValue().asText()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    return record;
  }

  static ProducerRecord<String, byte[]> event(
      String context, String stream, long version, String type, String key, String payload) {
    ProducerRecord<String, byte[]> record =
        new ProducerRecord<>(Topics.of(context), key, payload.getBytes(StandardCharsets.UTF_8));
    add(record, Headers.ID, RecordedEvent.id(stream, version));
    add(record, Headers.SOURCE, Headers.SOURCE_PREFIX + context);
    add(record, Headers.SPEC_VERSION, "1.0");
    add(record, Headers.TYPE, type);
    add(record, Headers.SUBJECT, stream);
    add(record, Headers.TIME, Instant.now().toString());
    add(record, Headers.STREAM_VERSION, Long.toString(version));
    return record;
  }

  private static void add(ProducerRecord<String, byte[]> record, String name, String value) {
    record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
  }

  /** Publishes something that is in no log. */
  void publish(ProducerRecord<String, byte[]> record) throws Exception {
    assertThat(producer.send(record).get(60, TimeUnit.SECONDS).hasOffset()).isTrue();
  }

  @Override
  public void close() {
    stop.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    producer.close();
  }
}
