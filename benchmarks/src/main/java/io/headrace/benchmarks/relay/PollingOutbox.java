package io.headrace.benchmarks.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.postgresql.Driver;

/** A peer: the outbox as it is mostly built, rows claimed with SKIP LOCKED, sent, and deleted. */
final class PollingOutbox {

  private static final int BATCH = 1_000;

  private PollingOutbox() {}

  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("user", "postgres");
    properties.setProperty("password", "postgres");
    String topic = System.getProperty("bench.topic");
    try (Connection connection =
            new Driver().connect(System.getProperty("bench.database"), properties);
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of(
                    "bootstrap.servers",
                    System.getProperty("bench.kafka"),
                    "acks",
                    "all",
                    "linger.ms",
                    5,
                    "batch.size",
                    128 * 1024),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        PreparedStatement claim =
            connection.prepareStatement(
                "SELECT id, partition_key, metadata, payload FROM outbox ORDER BY id LIMIT "
                    + BATCH
                    + " FOR UPDATE SKIP LOCKED");
        PreparedStatement delete =
            connection.prepareStatement("DELETE FROM outbox WHERE id = ANY (?)")) {
      connection.setAutoCommit(false);
      while (true) {
        List<Long> ids = new ArrayList<>(BATCH);
        try (ResultSet rows = claim.executeQuery()) {
          while (rows.next()) {
            ids.add(rows.getLong(1));
            ProducerRecord<byte[], byte[]> record =
                new ProducerRecord<>(
                    topic, rows.getString(2).getBytes(UTF_8), rows.getString(4).getBytes(UTF_8));
            record.headers().add("metadata", rows.getString(3).getBytes(UTF_8));
            producer.send(record);
          }
        }
        producer.flush();
        if (ids.isEmpty()) {
          connection.commit();
          Thread.sleep(50);
          continue;
        }
        delete.setArray(1, connection.createArrayOf("bigint", ids.toArray()));
        delete.executeUpdate();
        connection.commit();
      }
    }
  }
}
