package io.headrace.projection.platform.engine;

import io.headrace.events.platform.EventCatalogue;
import io.quarkus.logging.Log;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Feeds one generation of one view from Kafka, with a consumer group of its own (ADR 0008): nothing
 * that happens to another view, or to another generation, holds it up.
 *
 * <p>Two threads: one polls and decodes, the other folds the batch before. So a batch is as large
 * as what has come in while its predecessor was written: single events when there is little to do,
 * up to the configured number when the view is behind. At most one batch waits behind the one in
 * work. While a transaction takes long (PostgreSQL is away, say) the partitions are paused and
 * polling goes on, so that Kafka does not think us dead.
 *
 * <p>Offsets are never committed to Kafka; they live with the rows.
 */
final class Runner implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final Worker worker;
  private final EventCatalogue catalogue;
  private final Map<String, Object> kafka;
  private final Map<TopicPartition, Long> readTo = new ConcurrentHashMap<>();
  private final Thread thread;
  private final ExecutorService folding =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("fold-", 0).daemon().factory());
  private volatile boolean stopping;
  private volatile @Nullable Exception failure;
  private volatile @Nullable Consumer<byte[], byte[]> polled;
  private volatile boolean rebalanceWanted;
  // Of the polling thread alone:
  private int epoch;
  private boolean paused;
  private @Nullable Future<Boolean> inWork;

  /**
   * @param kafka how to reach Kafka, and what else the operator has set
   * @param group the consumer group of this generation of this view
   */
  Runner(
      ViewWorker<?> view,
      EventCatalogue catalogue,
      Map<String, Object> kafka,
      String group,
      int batchSize,
      Duration handoverTimeout,
      Clock clock) {
    this.worker = new Worker(view, clock, handoverTimeout);
    this.catalogue = catalogue;
    this.kafka = settings(kafka, group, batchSize);
    this.thread = Thread.ofPlatform().name("poll-" + group).daemon().unstarted(this::run);
  }

  private static Map<String, Object> settings(
      Map<String, Object> given, String group, int batchSize) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 2_000);
    settings.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2_000);
    settings.putAll(given);
    settings.keySet().retainAll(ConsumerConfig.configNames());
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, batchSize);
    // The same partition of every topic goes to one worker: the streams of an order meet in one
    // transaction.
    settings.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
    return settings;
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!stopping) {
      try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(kafka)) {
        polled = consumer;
        // A pattern, not a list: topics appear with the first event of their context, and until
        // then a list would have the client complain of each of them, several times a second.
        consumer.subscribe(topics(), new Listener(consumer));
        poll(consumer);
      } catch (WakeupException | InterruptException e) {
        // Closing.
      } catch (RuntimeException e) {
        failure = e;
        Log.warnf("Reading for view %s failed, again in a second: %s", name(), e.getMessage());
        Pause.of(AGAIN, () -> stopping);
      } finally {
        polled = null;
      }
    }
  }

  private Pattern topics() {
    return Pattern.compile(
        worker.view().view().topics().stream()
            .sorted()
            .map(Pattern::quote)
            .collect(Collectors.joining("|", "^(", ")$")));
  }

  private void poll(KafkaConsumer<byte[], byte[]> consumer) {
    while (!stopping) {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      failure = null;
      int polledIn = epoch;
      List<Inbound> batch = new ArrayList<>(records.count());
      for (TopicPartition partition : records.partitions()) {
        for (ConsumerRecord<byte[], byte[]> each : records.records(partition)) {
          batch.add(Inbound.of(each, catalogue));
        }
      }
      Future<Boolean> before = inWork;
      if (before != null && (!batch.isEmpty() || before.isDone())) {
        inWork = null;
        if (!await(before, consumer)) {
          takeOver(consumer, consumer.assignment());
        }
      }
      if (!batch.isEmpty()) {
        inWork = folding.submit(() -> worker.take(polledIn, batch));
      } else if (inWork == null) {
        for (TopicPartition each : consumer.assignment()) {
          readTo.put(each, consumer.position(each));
        }
      }
      if (rebalanceWanted) {
        rebalanceWanted = false;
        consumer.enforceRebalance("asked for");
      }
    }
  }

  /** The result of a batch in work. While it takes its time, Kafka hears of us. */
  private boolean await(Future<Boolean> batch, KafkaConsumer<byte[], byte[]> consumer) {
    try {
      while (true) {
        try {
          return batch.get(POLL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          paused = true;
          consumer.pause(consumer.assignment());
          if (!consumer.poll(Duration.ZERO).isEmpty()) {
            throw new IllegalStateException("a paused partition has delivered");
          }
          if (stopping) {
            return true;
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    } finally {
      if (paused) {
        paused = false;
        consumer.resume(consumer.assignment());
      }
    }
  }

  /**
   * Not to be left before the seek: Kafka would take the assignment for done, and read from the
   * start.
   */
  private void takeOver(Consumer<byte[], byte[]> consumer, Collection<TopicPartition> partitions) {
    readTo.keySet().removeAll(partitions); // It may begin anew further back.
    while (!stopping && !partitions.isEmpty()) {
      try {
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
        epoch++;
        worker
            .assigned(epoch, ends)
            .forEach((partition, offset) -> consumer.seek(partition, (long) offset));
        return;
      } catch (WakeupException | InterruptException e) {
        throw e;
      } catch (KafkaException e) {
        failure = e;
        Log.warnf("Taking over %s failed, again in a second: %s", partitions, e.getMessage());
        Pause.of(AGAIN, () -> stopping);
      }
    }
  }

  private final class Listener implements ConsumerRebalanceListener {

    private final Consumer<byte[], byte[]> consumer;

    Listener(Consumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      takeOver(consumer, partitions);
      if (paused) {
        consumer.pause(partitions);
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      worker.revoked(partitions);
      readTo.keySet().removeAll(partitions);
    }
  }

  /** Has the group deal its partitions out anew. */
  void rebalance() {
    rebalanceWanted = true;
  }

  /** Finishes the batch in work, and leaves the group so that others take over at once. */
  @Override
  public void close() {
    worker.stop();
    stopping = true;
    Consumer<byte[], byte[]> current = polled;
    if (current != null) {
      current.wakeup();
    }
    try {
      if (thread.isAlive() && !thread.join(Duration.ofSeconds(10))) {
        Log.warnf("The consumer of view %s does not end", name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    folding.shutdown();
  }

  private String name() {
    return worker.view().view().name() + " (generation " + worker.view().generation() + ")";
  }

  Worker worker() {
    return worker;
  }

  ViewWorker<?> view() {
    return worker.view();
  }

  /** Why nothing is read or written at the moment; null while all is well. */
  @Nullable Exception failure() {
    Exception ofWorker = worker.failure();
    return ofWorker == null ? failure : ofWorker;
  }

  /** What {@link Freshness} asks. */
  Freshness.Reached reached() {
    return new Freshness.Reached() {
      @Override
      public Collection<TopicPartition> held() {
        return worker.held();
      }

      @Override
      public Freshness.@Nullable Standing of(TopicPartition partition) {
        // In this order: what was read to with nothing in work was taken by then.
        long read = readTo.getOrDefault(partition, 0L);
        Long position = worker.position(partition);
        return position == null ? null : new Freshness.Standing(position, Math.max(position, read));
      }
    };
  }

  /**
   * Up to where each partition has been read and folded, at a moment with nothing in work. Kafka
   * marks the end of each transaction with a record of its own, which nobody is given: a view that
   * has taken everything stands before it, and the consumer beyond.
   */
  Map<TopicPartition, Long> readTo() {
    return Map.copyOf(readTo);
  }
}
