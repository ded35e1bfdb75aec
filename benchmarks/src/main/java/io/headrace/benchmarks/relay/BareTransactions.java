package io.headrace.benchmarks.relay;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * What a relay that publishes in transactions cannot be faster than: a producer that has the events
 * in its hands, and makes one transaction of all that are due and of a record for the position.
 * Measured like the relay, from the moment at which an event is due to the reader of committed
 * records.
 */
final class BareTransactions {

  private static final int COMMITS = 100;
  private static final byte[] POSITION = new byte[120];

  private final Topics topics;
  private final String bootstrap;
  private final String topic;

  BareTransactions(Topics topics, String bootstrap, String topic) {
    this.topics = topics;
    this.bootstrap = bootstrap;
    this.topic = topic;
  }

  Latency.Result measure(int rate, Duration warmUp, Duration duration) throws InterruptedException {
    try (KafkaProducer<String, byte[]> producer =
            new KafkaProducer<>(
                Map.of(
                    "bootstrap.servers",
                    bootstrap,
                    "transactional.id",
                    topic,
                    "acks",
                    "all",
                    "linger.ms",
                    50,
                    "retry.backoff.ms",
                    5),
                new StringSerializer(),
                new ByteArraySerializer());
        KafkaConsumer<String, byte[]> consumer = topics.consumer()) {
      consumer.assign(Topics.partitions(topic));
      producer.initTransactions();
      run(producer, consumer, 0, rate, warmUp);
      return run(producer, consumer, Math.toIntExact(rate * warmUp.toSeconds()), rate, duration);
    }
  }

  private Latency.Result run(
      KafkaProducer<String, byte[]> producer,
      KafkaConsumer<String, byte[]> consumer,
      int first,
      int rate,
      Duration duration)
      throws InterruptedException {
    int commits = Math.min(COMMITS, rate);
    int width = rate / commits;
    int count = Math.toIntExact(commits * duration.toSeconds() * width);
    long[] due = new long[count];
    long[] received = new long[count];
    Thread reader = Thread.ofPlatform().start(() -> Latency.receive(consumer, first, received));
    long start = System.nanoTime();
    long period = 1_000_000_000L / commits;
    for (int i = 0; i < count; i++) {
      due[i] = start + i / width * period;
    }
    int next = 0;
    while (next < count) {
      LockSupport.parkNanos(due[next] - System.nanoTime());
      List<Integer> now = new ArrayList<>();
      while (next < count && due[next] <= System.nanoTime()) {
        now.add(next++);
      }
      if (now.isEmpty()) {
        continue;
      }
      producer.beginTransaction();
      for (int i : now) {
        String value = "{\"n\":%d,\"text\":\"%s\"}".formatted(first + i, "x".repeat(200));
        producer.send(new ProducerRecord<>(topic, "bare-" + (first + i), value.getBytes(UTF_8)));
      }
      producer.send(new ProducerRecord<>(topic + ".position", "bare", POSITION));
      producer.commitTransaction();
    }
    reader.join();
    return Latency.Result.of(due, received);
  }
}
