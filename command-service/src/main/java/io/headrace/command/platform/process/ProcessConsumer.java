package io.headrace.command.platform.process;

import io.quarkus.logging.Log;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.reactive.messaging.kafka.KafkaConnector;
import io.smallrye.reactive.messaging.kafka.api.IncomingKafkaRecordBatchMetadata;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.spi.ConnectorFactory;
import org.jspecify.annotations.Nullable;

/**
 * Feeds one process manager from Kafka, with a consumer group of its own, one batch after another:
 * a channel of SmallRye's connector. It is made here and not declared, as which process managers
 * there are is known at run time.
 *
 * <p>Handling a batch may take very long: the database or the receiver of a command is away. The
 * connector pauses the partitions then, and goes on polling, so that Kafka does not think this
 * consumer dead. A partition may move to another replica meanwhile; that one begins where the last
 * committed batch ended, and the package's documentation says why nothing takes effect twice.
 */
final class ProcessConsumer implements AutoCloseable {

  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final Duration AGAIN_MAX = Duration.ofSeconds(10);
  private static final Duration LAST_BATCH = Duration.ofSeconds(5);

  private final Process<?> process;
  private final ProcessEvents events;
  private final ExecutorService threads;
  private final KafkaConnector connector;
  private final Map<String, Object> kafka;
  private final String group;
  // Held by the batch in work.
  private final Semaphore turn = new Semaphore(1);
  private volatile boolean stopping;
  private volatile long stopped;
  private volatile @Nullable Cancellable subscription;

  /**
   * @param kafka how to reach Kafka, and what else the operator has set; the connector knows it too
   */
  ProcessConsumer(
      Process<?> process,
      ProcessEvents events,
      ExecutorService threads,
      KafkaConnector connector,
      Map<String, Object> kafka,
      String group) {
    this.process = process;
    this.events = events;
    this.threads = threads;
    this.connector = connector;
    this.kafka = kafka;
    this.group = group;
  }

  void start() {
    if (process.topics().isEmpty()) {
      return;
    }
    subscription =
        Multi.createFrom()
            .<Message<?>>deferred(this::open)
            .onItem()
            .transformToUniAndConcatenate(this::handle)
            // A defect, of the channel or of the batch: with the new channel reading begins behind
            // the last batch that was stored.
            .onFailure()
            .invoke(
                e ->
                    Log.warnf(
                        e, "Reading for the process manager %s failed, again soon", process.name()))
            .onFailure()
            .retry()
            .withBackOff(AGAIN, AGAIN_MAX)
            .indefinitely()
            .runSubscriptionOn(threads)
            .subscribe()
            .with(_ -> {}, e -> Log.errorf(e, "The process manager %s has ended", process.name()));
  }

  private Multi<? extends Message<?>> open() {
    requireUsable();
    return Multi.createFrom().publisher(connector.getPublisher(channel()));
  }

  /**
   * The connector leaves a thread behind for each attempt to make a client of settings that none
   * can be made of, such as a name that nobody resolves yet.
   */
  private void requireUsable() {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.keySet().retainAll(AdminClientConfig.configNames());
    Admin.create(settings).close(Duration.ZERO);
  }

  private Config channel() {
    Map<String, String> settings = new HashMap<>();
    settings.put(ConnectorFactory.CHANNEL_NAME_ATTRIBUTE, group);
    // A pattern: of a topic in a list that does not exist yet, Kafka's client complains.
    settings.put("topic", topics());
    settings.put("pattern", "true");
    settings.put("batch", "true");
    settings.put("poll-timeout", "100");
    settings.put("retry-max-wait", "2");
    // The default, throttled, asks Kafka for the committed offset and ends the channel for good
    // when
    // that fails. What is applied is known from the database; the committed offset only saves work
    // after a restart.
    settings.put("commit-strategy", "latest");
    // The trace of an event goes on in its metadata.
    settings.put("tracing-enabled", "false");
    settings.put("cloud-events", "false");
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class.getName());
    settings.put(
        ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "500");
    // Partition n of every topic goes to one replica: the events of a process are in partitions of
    // one number.
    settings.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
    // A topic appears with the first event of its context; it is found within two seconds.
    putUnlessGiven(settings, ConsumerConfig.METADATA_MAX_AGE_CONFIG, "2000");
    putUnlessGiven(settings, ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, "2000");
    return new SmallRyeConfigBuilder()
        .withSources(new PropertiesConfigSource(settings, group))
        .build();
  }

  private void putUnlessGiven(Map<String, String> settings, String key, String value) {
    if (!kafka.containsKey(key)) {
      settings.put(key, value);
    }
  }

  private String topics() {
    return process.topics().stream()
        .sorted()
        .map(Pattern::quote)
        .collect(Collectors.joining("|", "^(", ")$"));
  }

  private Uni<Void> handle(Message<?> batch) {
    return Uni.createFrom()
        .voidItem()
        .emitOn(threads)
        .invoke(() -> work(batch))
        .onFailure(Backoff.StoppingException.class)
        .recoverWithUni(
            () -> {
              Log.info("stopped before a batch was stored; it will be handled again");
              return Uni.createFrom().nothing();
            });
  }

  private void work(Message<?> batch) {
    ConsumerRecords<String, byte[]> records = records(batch);
    turn.acquireUninterruptibly();
    try {
      if (stopping) {
        throw new Backoff.StoppingException();
      }
      events.handle(records);
      // Sends the offsets and does not wait for Kafka's answer.
      batch.ack().toCompletableFuture().join();
    } finally {
      turn.release();
    }
  }

  @SuppressWarnings("unchecked") // The deserializers above say so.
  private static ConsumerRecords<String, byte[]> records(Message<?> batch) {
    return batch.getMetadata(IncomingKafkaRecordBatchMetadata.class).orElseThrow().getRecords();
  }

  /** Begins no further batch. */
  void stop() {
    if (!stopping) {
      stopped = System.nanoTime();
      stopping = true;
    }
  }

  /** Waits for the batch in work, not for long; others take over at once. */
  @Override
  public void close() {
    stop();
    Cancellable current = subscription;
    if (current == null) {
      return;
    }
    try {
      long left = LAST_BATCH.toNanos() - (System.nanoTime() - stopped);
      if (turn.tryAcquire(Math.max(left, 0), TimeUnit.NANOSECONDS)) {
        turn.release();
      } else {
        Log.warnf("The process manager %s is stopped within a batch", process.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try {
      current.cancel();
    } catch (RuntimeException e) {
      Log.debugf(e, "the consumer of the process manager %s does not end", process.name());
    }
  }
}
