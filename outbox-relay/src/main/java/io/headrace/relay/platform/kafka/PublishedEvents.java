package io.headrace.relay.platform.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;

/**
 * What committed readers find in the contexts' topics. To be read only while a session of the slot
 * is open, so that nothing is added meanwhile.
 */
public final class PublishedEvents implements AutoCloseable {

  /** Takes the id of an event. */
  @FunctionalInterface
  public interface Visitor {
    void event(String streamId, long streamVersion);
  }

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final List<TopicPartition> partitions = new ArrayList<>();
  private final Map<String, Integer> counts = new HashMap<>();
  private final Map<TopicPartition, Long> beginnings;
  private final Map<TopicPartition, Long> ends;

  private PublishedEvents(
      KafkaConsumer<byte[], byte[]> consumer, Collection<String> topics, Set<String> existing) {
    this.consumer = consumer;
    for (String topic : topics) {
      if (existing.contains(topic)) {
        int count = consumer.partitionsFor(topic).size();
        counts.put(topic, count);
        for (int partition = 0; partition < count; partition++) {
          partitions.add(new TopicPartition(topic, partition));
        }
      }
    }
    this.beginnings = consumer.beginningOffsets(partitions);
    this.ends = consumer.endOffsets(partitions);
  }

  /**
   * @param topics need not exist
   */
  public static PublishedEvents of(KafkaClients clients, Collection<String> topics) {
    try (Admin admin = clients.admin()) {
      Set<String> existing = EventTopics.existing(admin);
      KafkaConsumer<byte[], byte[]> consumer = clients.consumer();
      try {
        return new PublishedEvents(consumer, topics, existing);
      } catch (RuntimeException e) {
        consumer.close();
        throw e;
      }
    }
  }

  /** How many records there are, the markers of transactions among them. */
  public long size() {
    return partitions.stream().mapToLong(p -> ends.get(p) - beginnings.get(p)).sum();
  }

  /** Whether anything was ever written there. */
  public boolean any() {
    return ends.values().stream().anyMatch(end -> end > 0);
  }

  /**
   * Reads all of it.
   *
   * @param progress is told how many records it has read
   */
  public void visit(Visitor visitor, LongConsumer progress) {
    long[] read = {0};
    TopicReader.read(
        consumer,
        partitions,
        ends,
        record -> {
          progress.accept(++read[0]);
          String subject = text(record, Headers.SUBJECT);
          String version = text(record, Headers.STREAM_VERSION);
          if (subject != null && version != null) {
            visitor.event(subject, Long.parseLong(version));
          }
        });
  }

  private static @org.jspecify.annotations.Nullable String text(
      ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? null : new String(header.value(), UTF_8);
  }

  /**
   * Whether records were deleted from where the events of this key are: by retention, or by hand.
   */
  public boolean truncated(String context, String partitionKey) {
    String topic = Topics.of(context);
    Integer count = counts.get(topic);
    return count != null
        && beginnings.get(
                new TopicPartition(
                    topic, BuiltInPartitioner.partitionForKey(partitionKey.getBytes(UTF_8), count)))
            > 0;
  }

  @Override
  public void close() {
    consumer.close();
  }
}
