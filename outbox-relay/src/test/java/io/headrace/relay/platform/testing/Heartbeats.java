package io.headrace.relay.platform.testing;

import static org.awaitility.Awaitility.await;

import io.headrace.events.platform.Heartbeat;
import io.headrace.events.platform.Topics;
import io.headrace.localstack.testing.LocalStackResource;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What the relays of an event log have said of time, in the tests' Kafka. */
public final class Heartbeats {

  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private Heartbeats() {}

  /** The clock that heartbeats go by. */
  public static Instant clock(EventLog log) throws SQLException {
    return Instant.EPOCH.plus(
        Long.parseLong(
            log.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")),
        ChronoUnit.MICROS);
  }

  /** The newest heartbeat, when there is one of a later time. */
  public static Heartbeat awaitAfter(EventLog log, Instant time) {
    Heartbeat[] found = new Heartbeat[1];
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              List<Heartbeat> heard = of(log);
              found[0] = heard.isEmpty() ? null : heard.getLast();
              return found[0] != null && found[0].at().isAfter(time);
            });
    return found[0];
  }

  /** All that are there, in their order. */
  public static List<Heartbeat> of(EventLog log) {
    List<Heartbeat> heard = new ArrayList<>();
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(
            Topic.reader(LocalStackResource.kafka().bootstrapServers()),
            new StringDeserializer(),
            new ByteArrayDeserializer())) {
      if (!consumer.listTopics().containsKey(Topics.HEARTBEAT)) {
        return heard;
      }
      TopicPartition partition = new TopicPartition(Topics.HEARTBEAT, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).get(partition);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<String, byte[]> each : consumer.poll(Duration.ofMillis(100))) {
          if (log.name().equals(each.key())) {
            heard.add(Heartbeat.fromJson(each.value()));
          }
        }
      }
    }
    return heard;
  }
}
