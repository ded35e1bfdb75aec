package io.headrace.relay.platform.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A compacted topic with a record for each slot; the key is the slot's name. */
final class SlotTopic {

  /** The newest one is mostly among the last few records: who works writes all the time. */
  private static final long FIRST_LOOK = 1_000;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final TopicPartition partition;
  private final byte[] key;

  SlotTopic(String topic, String slot) {
    this.partition = new TopicPartition(topic, 0);
    this.key = slot.getBytes(UTF_8);
  }

  ProducerRecord<byte[], byte[]> record(byte[] value) {
    return new ProducerRecord<>(partition.topic(), 0, key, value);
  }

  /**
   * What was committed last. Asked after {@code initTransactions} it stays so: no earlier relay of
   * the slot can commit anything more.
   */
  byte @Nullable [] newest(Admin admin, KafkaConsumer<byte[], byte[]> consumer) {
    consumer.assign(List.of(partition));
    // The end with everything that is still open: another slot's open transaction must not hide
    // our record behind it, as the end for committed readers would.
    long end =
        EventTopics.await(
                admin
                    .listOffsets(
                        Map.of(partition, OffsetSpec.latest()),
                        new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED))
                    .partitionResult(partition))
            .offset();
    long beginning = consumer.beginningOffsets(List.of(partition)).get(partition);
    for (long look = FIRST_LOOK; ; look *= 100) {
      long from = Math.max(beginning, end - look);
      byte @Nullable [] found = read(consumer, from, end);
      if (found != null) {
        return found;
      }
      if (from == beginning) {
        return null;
      }
    }
  }

  private byte @Nullable [] read(KafkaConsumer<byte[], byte[]> consumer, long from, long end) {
    consumer.seek(partition, from);
    byte @Nullable [] newest = null;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (consumer.position(partition) < end) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
        if (Arrays.equals(key, record.key())) {
          newest = record.value();
        }
      }
      if (System.nanoTime() > deadline) {
        throw new TimeoutException(
            "the topic %s cannot be read to its end: another relay's transaction is open"
                .formatted(partition.topic()));
      }
    }
    return newest;
  }
}
