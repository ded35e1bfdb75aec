package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.projection.contexts.ordering.OrdersView;
import io.headrace.projection.platform.view.View;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The engine on a plain Kafka consumer: as many workers in a test as it needs, or a process of its
 * own.
 */
final class PollLoop implements AutoCloseable {

  private final Worker worker;
  private final EventCatalogue catalogue;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Thread thread;
  private volatile boolean stopping;

  PollLoop(View<?> view, String bootstrapServers, DataSource dataSource, String group) {
    this.catalogue = Views.catalogueOf(List.of(view));
    this.worker =
        new Worker(
            List.of(viewWorker(view, dataSource)), Clock.systemUTC(), Duration.ofSeconds(20));
    Properties properties = new Properties();
    properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 200);
    properties.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 500);
    properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 6_000);
    properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 500);
    properties.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
    this.consumer = new KafkaConsumer<>(properties);
    this.thread = Thread.ofPlatform().name("poll-loop").start(this::run);
  }

  static <R extends Record> ViewWorker<R> viewWorker(View<R> view, DataSource dataSource) {
    return new ViewWorker<>(
        new CompiledView<>(view),
        1,
        dataSource,
        new Retry(Duration.ofMillis(20), Duration.ofMillis(500)),
        new ViewMetrics(new SimpleMeterRegistry(), view.name()));
  }

  static DataSource dataSource(String jdbcUrl) {
    PGSimpleDataSource dataSource = new PGSimpleDataSource();
    dataSource.setUrl(jdbcUrl);
    dataSource.setUser("headrace_projection");
    dataSource.setPassword("headrace_projection");
    return dataSource;
  }

  private void run() {
    consumer.subscribe(
        Pattern.compile(".*\\.events"),
        new ConsumerRebalanceListener() {
          @Override
          public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            worker
                .assigned(
                    consumer.groupMetadata().generationId(),
                    new HashMap<>(consumer.endOffsets(partitions)))
                .forEach((partition, offset) -> consumer.seek(partition, (long) offset));
          }

          @Override
          public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            worker.revoked(partitions);
          }
        });
    while (!stopping) {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofMillis(100));
      List<Inbound> batch = new ArrayList<>();
      for (ConsumerRecord<byte[], byte[]> each : records) {
        batch.add(Inbound.of(each, catalogue));
      }
      if (!worker.take(consumer.groupMetadata().generationId(), batch)) {
        consumer.enforceRebalance();
      }
    }
    consumer.close();
  }

  @Override
  public void close() {
    worker.stop();
    stopping = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** As a process, to be killed. Ends with its parent, whose end closes the standard input. */
  public static void main(String[] args) throws IOException {
    PollLoop loop = new PollLoop(new OrdersView(), args[0], dataSource(args[1]), args[2]);
    int end = System.in.read();
    System.exit(loop.stopping ? 1 : end);
  }

  static Process start(String bootstrapServers, String jdbcUrl, String group) throws IOException {
    return new ProcessBuilder(
            ProcessHandle.current().info().command().orElse("java"),
            "-cp",
            System.getProperty("java.class.path"),
            PollLoop.class.getName(),
            bootstrapServers,
            jdbcUrl,
            group)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  static void kill(Process process) throws InterruptedException {
    process.destroyForcibly();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not die");
    }
  }
}
