package io.headrace.projection.platform.engine;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.logging.Log;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.common.annotation.Blocking;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaClientService;
import io.smallrye.reactive.messaging.kafka.KafkaConsumer;
import io.smallrye.reactive.messaging.kafka.KafkaConsumerRebalanceListener;
import io.smallrye.reactive.messaging.kafka.api.IncomingKafkaRecordBatchMetadata;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Default;
import jakarta.enterprise.inject.Produces;
import jakarta.interceptor.Interceptor;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jspecify.annotations.Nullable;

/**
 * Where Kafka meets the worker. Blocking, on one thread: order leaves one batch to do at a time,
 * and JDBC is there anyway for the migrations. Offsets are never committed to Kafka; they live with
 * the rows.
 */
@ApplicationScoped
@Default
@Identifier(EventsConsumer.CHANNEL) class EventsConsumer implements KafkaConsumerRebalanceListener {

  static final String CHANNEL = "events";

  private final Views views;
  private final KafkaClientService clients;
  private final ProjectionConfig config;
  private final MeterRegistry registry;
  private volatile boolean stopping;
  private volatile @Nullable Worker worker;

  EventsConsumer(
      Views views, KafkaClientService clients, ProjectionConfig config, MeterRegistry registry) {
    this.views = views;
    this.clients = clients;
    this.config = config;
    this.registry = registry;
  }

  /**
   * A pattern, not a list: topics appear with the first event of their context, and until then a
   * list would have the client complain of each of them, several times a second.
   */
  @Produces
  @Identifier(CHANNEL) static Map<String, Object> subscription(Views views) {
    return Map.of(
        "pattern",
        true,
        "topic",
        views.topics().stream().map(Pattern::quote).collect(Collectors.joining("|", "^(", ")$")));
  }

  @Incoming(CHANNEL)
  @Blocking
  void consume(
      ConsumerRecords<byte[], byte[]> records,
      IncomingKafkaRecordBatchMetadata<byte[], byte[]> metadata) {
    Worker current = worker;
    if (current == null) {
      return; // Polled before anything was assigned to this instance: cannot be ours.
    }
    List<Inbound> batch = new ArrayList<>(records.count());
    for (TopicPartition partition : records.partitions()) {
      for (ConsumerRecord<byte[], byte[]> each : records.records(partition)) {
        batch.add(Inbound.of(each, views.catalogue()));
      }
    }
    if (!current.take(metadata.getConsumerGroupGenerationId(), batch)) {
      consumer()
          .runOnPollingThread(
              c -> {
                c.enforceRebalance("the position of a view was moved by others");
              })
          .subscribe()
          .with(ignored -> {}, e -> Log.warn("Could not ask for a rebalance", e));
    }
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    return clients.getConsumer(CHANNEL);
  }

  @Override
  public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
    if (partitions.isEmpty()) {
      return;
    }
    // Not to be left before the seek: Kafka would take the assignment for done, and read from the
    // start.
    while (!stopping) {
      try {
        Worker current = worker();
        if (current == null) {
          return;
        }
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
        current
            .assigned(consumer.groupMetadata().generationId(), ends)
            .forEach((partition, offset) -> consumer.seek(partition, (long) offset));
        return;
      } catch (WakeupException | InterruptException e) {
        throw e; // The consumer is closing.
      } catch (KafkaException e) {
        Log.warnf("Taking over %s failed, again in a second: %s", partitions, e.getMessage());
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(Duration.ofSeconds(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    }
  }

  @Override
  public void onPartitionsRevoked(Consumer<?, ?> consumer, Collection<TopicPartition> partitions) {
    Worker current = worker;
    if (current != null) {
      current.revoked(partitions);
    }
  }

  private @Nullable Worker worker() {
    Worker current = worker;
    if (current == null) {
      try {
        current =
            new Worker(views.workers(() -> !stopping), Clock.systemUTC(), config.handoverTimeout());
      } catch (Failures.AbandonedException e) {
        return null;
      }
      Gauge.builder("headrace.view.lag", current, w -> w.lag().toMillis() / 1000.0)
          .description("Age of the oldest event in work; 0 when nothing is in work")
          .baseUnit("seconds")
          .register(registry);
      worker = current;
    }
    return current;
  }

  /** Before SmallRye closes the consumer, and long before the connection pool goes. */
  void stop(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE) ShutdownEvent event) {
    stopping = true;
    Worker current = worker;
    if (current != null) {
      current.stop();
    }
  }

  Optional<Worker> current() {
    return Optional.ofNullable(worker);
  }
}
