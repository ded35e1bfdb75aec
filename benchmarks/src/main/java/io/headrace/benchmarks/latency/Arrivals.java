package io.headrace.benchmarks.latency;

import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** When the events of orders reach a consumer of their topic. */
final class Arrivals implements AutoCloseable {

  private final Map<String, Instant> byStream = new ConcurrentHashMap<>();
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Thread thread = Thread.ofPlatform().name("arrivals").daemon().unstarted(this::read);

  Arrivals(String bootstrapServers) {
    consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers,
                ConsumerConfig.GROUP_ID_CONFIG, "bench-latency",
                ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
                ConsumerConfig.METADATA_MAX_AGE_CONFIG, "1000",
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false",
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    thread.start();
  }

  private void read() {
    try {
      // A pattern: the topic appears with the first event.
      consumer.subscribe(Pattern.compile(Pattern.quote(Topics.of("ordering"))));
      while (true) {
        var records = consumer.poll(Duration.ofSeconds(1));
        Instant now = Instant.now();
        for (ConsumerRecord<byte[], byte[]> each : records) {
          byte[] stream = each.headers().lastHeader(Headers.SUBJECT).value();
          byStream.putIfAbsent(new String(stream, StandardCharsets.UTF_8), now);
        }
      }
    } catch (WakeupException e) {
      consumer.close();
    }
  }

  Map<String, Instant> byStream() {
    return byStream;
  }

  @Override
  public void close() {
    consumer.wakeup();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
