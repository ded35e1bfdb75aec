package io.headrace.relay.platform.kafka;

import io.headrace.events.platform.Topics;
import io.headrace.relay.platform.position.StoredPosition;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The topics that a slot's events are in, and an offset of each partition that all of them are
 * below. {@link #published} may be called by the producer's thread; the rest is for one thread.
 */
final class PublishedTopics {

  private final Admin admin;
  private final Producer<?, ?> producer;
  private final Map<String, long[]> ends = new ConcurrentHashMap<>();

  private PublishedTopics(Admin admin, Producer<?, ?> producer) {
    this.admin = admin;
    this.producer = producer;
  }

  /**
   * @param position that of the slot; null if it has published nothing yet
   */
  static PublishedTopics of(
      Admin admin, Producer<?, ?> producer, @Nullable StoredPosition position) {
    PublishedTopics published = new PublishedTopics(admin, producer);
    if (position != null && position.topics() != null) {
      published.include(position.topics());
    } else if (position != null) {
      // Of a version that did not put them on record: it may be any that is there.
      published.include(EventTopics.existing(admin).stream().filter(Topics::isOfContext).toList());
    }
    return published;
  }

  /** Events of the slot may be in these, if they exist. */
  void include(Collection<String> topics) {
    Set<String> existing = new HashSet<>(topics);
    existing.removeAll(ends.keySet());
    if (!existing.isEmpty()) {
      existing.retainAll(EventTopics.existing(admin));
      know(existing);
    }
  }

  /** Before the first event of this session goes to a topic, which exists. */
  void ensure(String topic) {
    if (!ends.containsKey(topic)) {
      know(Set.of(topic));
    }
  }

  private void know(Set<String> topics) {
    Map<TopicPartition, OffsetSpec> partitions = new HashMap<>();
    for (String topic : topics) {
      // The producer waits for a topic that was just created; the admin client does not.
      for (PartitionInfo each : producer.partitionsFor(topic)) {
        partitions.put(new TopicPartition(topic, each.partition()), OffsetSpec.latest());
      }
    }
    EventTopics.await(admin.listOffsets(partitions).all())
        .forEach((partition, end) -> raise(partition.topic(), partition.partition(), end.offset()));
  }

  /** A record is there; its transaction may not be committed yet. */
  void published(RecordMetadata record) {
    raise(record.topic(), record.partition(), record.offset() + 1);
  }

  private void raise(String topic, int partition, long end) {
    ends.compute(
        topic,
        (_, known) -> {
          long[] offsets = known == null ? new long[partition + 1] : known;
          if (offsets.length <= partition) {
            offsets = Arrays.copyOf(offsets, partition + 1);
          }
          offsets[partition] = Math.max(offsets[partition], end);
          return offsets;
        });
  }

  /** When no transaction is open: all that was published is below these. */
  Map<String, long[]> ends() {
    Map<String, long[]> copy = new HashMap<>();
    // In turn with what raises them.
    List.copyOf(ends.keySet())
        .forEach(
            topic ->
                ends.computeIfPresent(
                    topic,
                    (_, offsets) -> {
                      copy.put(topic, offsets.clone());
                      return offsets;
                    }));
    return copy;
  }

  SortedSet<String> names() {
    return new TreeSet<>(ends.keySet());
  }
}
