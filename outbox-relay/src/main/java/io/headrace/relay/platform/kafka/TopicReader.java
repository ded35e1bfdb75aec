package io.headrace.relay.platform.kafka;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;

/** Reads partitions from their beginning to given ends. */
final class TopicReader {

  /** Without any progress. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private TopicReader() {}

  static void read(
      KafkaConsumer<byte[], byte[]> consumer,
      List<TopicPartition> partitions,
      Map<TopicPartition, Long> ends,
      Consumer<ConsumerRecord<byte[], byte[]>> to) {
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    long before = -1;
    while (true) {
      long left = 0;
      for (TopicPartition partition : partitions) {
        left += Math.max(0, ends.get(partition) - consumer.position(partition));
      }
      if (left == 0) {
        return;
      }
      if (left != before) {
        before = left;
        deadline = System.nanoTime() + PATIENCE.toNanos();
      } else if (System.nanoTime() > deadline) {
        throw new TimeoutException(
            "%s cannot be read to its end: a transaction is open in it"
                .formatted(partitions.getFirst().topic()));
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
        if (record.offset() < ends.get(new TopicPartition(record.topic(), record.partition()))) {
          to.accept(record);
        }
      }
    }
  }
}
