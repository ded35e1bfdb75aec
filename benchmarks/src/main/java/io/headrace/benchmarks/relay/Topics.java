package io.headrace.benchmarks.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** What a contender publishes to: followed while it does, checked afterwards. */
final class Topics implements AutoCloseable {

  static final int PARTITIONS = 6;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Until nothing more is taken to come: longer than any pause of a contender that works. */
  private static final long QUIET = Duration.ofMillis(1_500).toNanos();

  private final String bootstrap;
  private final Admin admin;

  Topics(String bootstrap) {
    this.bootstrap = bootstrap;
    this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
  }

  void create(String topic) throws ExecutionException, InterruptedException {
    admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1))).all().get();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        count(topic);
        return;
      } catch (ExecutionException e) {
        // Leaders take a moment to be known.
        if (System.nanoTime() > deadline) {
          throw e;
        }
        Thread.sleep(100);
      }
    }
  }

  private long count(String topic) throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    partitions(topic).forEach(partition -> ends.put(partition, OffsetSpec.latest()));
    return admin.listOffsets(ends).all().get().values().stream()
        .mapToLong(ListOffsetsResultInfo::offset)
        .sum();
  }

  void delete(String topic) throws ExecutionException, InterruptedException {
    admin.deleteTopics(List.of(topic)).all().get();
  }

  /**
   * Events per second from the first that is seen to the last.
   *
   * @param whole of all of them
   * @param warm of the second half
   */
  record Rate(double whole, double warm) {}

  /** Follows the ends of the partitions; the few markers of transactions count as progress. */
  Rate follow(String topic, int events) throws InterruptedException, ExecutionException {
    long first = 0;
    long firstCount = 0;
    long half = 0;
    long halfCount = 0;
    long last = System.nanoTime();
    long lastCount = 0;
    while (true) {
      long count = count(topic);
      long now = System.nanoTime();
      if (count > lastCount) {
        last = now;
        lastCount = count;
        if (first == 0) {
          first = now;
          firstCount = count;
        }
        if (half == 0 && count >= events / 2) {
          half = now;
          halfCount = count;
        }
      } else if (lastCount >= events && now - last > QUIET) {
        return new Rate(
            (events - firstCount) * 1e9 / (last - first),
            (events - halfCount) * 1e9 / Math.max(1, last - half));
      } else if (now - last > PATIENCE.toNanos()) {
        throw new IllegalStateException(
            "only %d of %d events came to %s".formatted(lastCount, events, topic));
      }
      Thread.sleep(10);
    }
  }

  private static final Pattern NUMBER =
      Pattern.compile("\\{\\\\?\"n\\\\?\":(\\d+),", Pattern.MULTILINE);

  /** Every event is there once, and each stream in its order. */
  void verify(String topic, int events) {
    Set<Long> seen = HashSet.newHashSet(events);
    Map<String, Long> last = new HashMap<>();
    try (KafkaConsumer<String, byte[]> consumer = consumer()) {
      List<TopicPartition> partitions = partitions(topic);
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (partitions.stream().anyMatch(p -> consumer.position(p) < ends.get(p))) {
        for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          Matcher number = NUMBER.matcher(new String(record.value(), UTF_8));
          if (!number.find()) {
            throw new IllegalStateException("no event: " + new String(record.value(), UTF_8));
          }
          long n = Long.parseLong(number.group(1));
          if (!seen.add(n)) {
            throw new IllegalStateException("the event %d came twice".formatted(n));
          }
          Long before = last.put(record.key(), n);
          if (before != null && before >= n) {
            throw new IllegalStateException(
                "%s came in the order %d, %d".formatted(record.key(), before, n));
          }
        }
      }
    }
    if (seen.size() != events) {
      throw new IllegalStateException("%d of %d events came".formatted(seen.size(), events));
    }
  }

  /** A reader of committed records. */
  KafkaConsumer<String, byte[]> consumer() {
    return new KafkaConsumer<>(
        Map.of(
            "bootstrap.servers",
            bootstrap,
            "isolation.level",
            "read_committed",
            "enable.auto.commit",
            false,
            "auto.offset.reset",
            "earliest"),
        new StringDeserializer(),
        new ByteArrayDeserializer());
  }

  static List<TopicPartition> partitions(String topic) {
    return IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(topic, p)).toList();
  }

  @Override
  public void close() {
    admin.close(Duration.ofSeconds(5));
  }
}
