package io.headrace.projection.platform.engine;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Where one view stands in the partitions that this worker holds. Safe for use by many threads. */
final class Positions {

  private final Map<TopicPartition, Long> next = new ConcurrentHashMap<>();

  /** The first offset not taken yet; beyond every offset for a partition that is not held. */
  long of(TopicPartition partition) {
    return next.getOrDefault(partition, Long.MAX_VALUE);
  }

  /** The same; null for a partition that is not held. */
  @Nullable Long known(TopicPartition partition) {
    return next.get(partition);
  }

  void moveTo(TopicPartition partition, long offset) {
    next.computeIfPresent(partition, (p, old) -> Math.max(old, offset));
  }

  void hold(Map<TopicPartition, Long> positions) {
    next.putAll(positions);
  }

  void release(Iterable<TopicPartition> partitions) {
    partitions.forEach(next::remove);
  }
}
