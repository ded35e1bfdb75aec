package io.headrace.relay.platform.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.events.platform.RecordedEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What a reader of committed records finds in a topic. */
public final class Topic {

  private static final Pattern ORDER = Pattern.compile("\\{\"n\": (\\d+),");

  private Topic() {}

  /** The settings of a reader. */
  public static Map<String, Object> reader(String bootstrapServers) {
    return Map.of(
        "bootstrap.servers",
        bootstrapServers,
        "isolation.level",
        "read_committed",
        "auto.offset.reset",
        "earliest",
        "allow.auto.create.topics",
        false,
        "enable.auto.commit",
        false);
  }

  /**
   * Waits until the topic holds {@code expected} records, then reads on to its end, so that
   * duplicates are seen.
   */
  public static List<ConsumerRecord<String, byte[]>> read(
      String bootstrapServers, String topic, int expected, Duration patience) {
    List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
    long deadline = System.nanoTime() + patience.toNanos();
    try (KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(
            reader(bootstrapServers), new StringDeserializer(), new ByteArrayDeserializer())) {
      List<PartitionInfo> partitions = List.of();
      while (partitions.isEmpty() && System.nanoTime() < deadline) {
        List<PartitionInfo> found = consumer.partitionsFor(topic);
        partitions = found == null ? List.of() : found;
      }
      List<TopicPartition> all =
          partitions.stream().map(p -> new TopicPartition(topic, p.partition())).toList();
      consumer.assign(all);
      while (records.size() < expected && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
      Map<TopicPartition, Long> ends = consumer.endOffsets(all);
      while (all.stream().anyMatch(p -> consumer.position(p) < ends.get(p))
          && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100)).forEach(records::add);
      }
    }
    return records;
  }

  /** Each event of the log is in the topic once, in order, and as it stands in the log. */
  public static void assertHoldsExactly(
      Map<String, EventLog.Row> log, List<ConsumerRecord<String, byte[]>> records) {
    Set<String> seen = new HashSet<>();
    Set<String> twice = new HashSet<>();
    Map<String, Long> versions = new HashMap<>();
    Map<String, Long> orders = new HashMap<>();
    for (ConsumerRecord<String, byte[]> record : records) {
      RecordedEvent event = event(record);
      if (!seen.add(event.id())) {
        twice.add(event.id());
      }
      assertThat(event.streamVersion())
          .as("the version that follows in %s", event.streamId())
          .isEqualTo(versions.merge(event.streamId(), 1L, Long::sum));
      assertThat(order(event))
          .as("the order of commit in %s", event.partitionKey())
          .isEqualTo(orders.merge(event.partitionKey(), 1L, Long::sum));
      EventLog.Row row = log.get(event.id());
      assertThat(row).as("the row of %s", event.id()).isNotNull();
      assertSame(row, event);
    }
    assertThat(twice).as("published twice").isEmpty();
    Set<String> missing = new HashSet<>(log.keySet());
    missing.removeAll(seen);
    assertThat(missing).as("never published").isEmpty();
  }

  private static void assertSame(EventLog.Row row, RecordedEvent event) {
    assertThat(event.context()).isEqualTo(row.context());
    assertThat(event.type()).isEqualTo(row.type());
    assertThat(event.partitionKey()).isEqualTo(row.partitionKey());
    assertThat(event.recordedAt())
        .isEqualTo(Instant.EPOCH.plus(row.recordedAt(), ChronoUnit.MICROS));
    assertThat(event.metadata().correlationId()).isEqualTo(row.correlation());
    assertThat(new String(event.payload(), UTF_8)).isEqualTo(row.payload());
  }

  public static RecordedEvent event(ConsumerRecord<String, byte[]> record) {
    return RecordedEvent.fromKafka(
        record.key(),
        name -> {
          Header header = record.headers().lastHeader(name);
          return header == null ? null : header.value();
        },
        record.value());
  }

  private static long order(RecordedEvent event) {
    Matcher matcher = ORDER.matcher(new String(event.payload(), UTF_8));
    assertThat(matcher.find()).isTrue();
    return Long.parseLong(matcher.group(1));
  }
}
