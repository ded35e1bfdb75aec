package io.headrace.command.platform.process;

import io.quarkus.logging.Log;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Feeds one process manager from Kafka, with a consumer group of its own, one batch after another.
 *
 * <p>Handling a batch may take very long: the database or the receiver of a command is away. The
 * partitions are paused then, and polling goes on, so that Kafka does not think this consumer dead.
 * A partition may move to another replica meanwhile; that one begins where the last committed batch
 * ended, and the package's documentation says why nothing takes effect twice.
 */
final class ProcessConsumer implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final Duration LAST_BATCH = Duration.ofSeconds(5);
  private static final int BATCH = 500;

  private final Process<?> process;
  private final ProcessEvents events;
  private final ExecutorService threads;
  private final Map<String, Object> kafka;
  private final Thread thread;
  private volatile boolean stopping;
  private volatile @Nullable Consumer<String, byte[]> polled;
  // Of the polling thread alone:
  private boolean busy;

  /**
   * @param kafka how to reach Kafka, and what else the operator has set
   */
  ProcessConsumer(
      Process<?> process,
      ProcessEvents events,
      ExecutorService threads,
      Map<String, Object> kafka,
      String group) {
    this.process = process;
    this.events = events;
    this.threads = threads;
    this.kafka = settings(kafka, group);
    this.thread = Thread.ofPlatform().name("poll-" + group).daemon().unstarted(this::run);
  }

  private static Map<String, Object> settings(Map<String, Object> given, String group) {
    Map<String, Object> settings = new HashMap<>();
    // A topic appears with the first event of its context; it is found within two seconds.
    settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 2_000);
    settings.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2_000);
    settings.putAll(given);
    settings.keySet().retainAll(ConsumerConfig.configNames());
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, BATCH);
    // Partition n of every topic goes to one replica: the events of a process are in partitions of
    // one number.
    settings.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
    return settings;
  }

  void start() {
    if (!process.topics().isEmpty()) {
      thread.start();
    }
  }

  private void run() {
    while (!stopping) {
      try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(kafka)) {
        polled = consumer;
        consumer.subscribe(topics(), new Listener(consumer));
        poll(consumer);
      } catch (WakeupException | InterruptException e) {
        // Closing.
      } catch (RuntimeException e) {
        Log.warnf(
            "Reading for the process manager %s failed, again in a second: %s",
            process.name(), e.getMessage());
        sleep();
      } finally {
        polled = null;
      }
    }
  }

  /** A pattern: of a topic in a list that does not exist yet, Kafka's client complains. */
  private Pattern topics() {
    return Pattern.compile(
        process.topics().stream()
            .sorted()
            .map(Pattern::quote)
            .collect(Collectors.joining("|", "^(", ")$")));
  }

  private void poll(KafkaConsumer<String, byte[]> consumer) {
    while (!stopping) {
      ConsumerRecords<String, byte[]> batch = consumer.poll(POLL);
      if (!batch.isEmpty() && handled(batch, consumer)) {
        commit(consumer, batch);
      }
    }
  }

  /**
   * @return false if the service stops before it is
   */
  private boolean handled(
      ConsumerRecords<String, byte[]> batch, KafkaConsumer<String, byte[]> consumer) {
    Future<?> work = threads.submit(() -> events.handle(batch));
    try {
      long stopped = 0;
      while (true) {
        try {
          work.get(POLL.toMillis(), TimeUnit.MILLISECONDS);
          return true;
        } catch (TimeoutException e) {
          if (stopping && stopped == 0) {
            stopped = System.nanoTime();
          } else if (stopping && System.nanoTime() - stopped > LAST_BATCH.toNanos()) {
            work.cancel(true);
            return false;
          }
          if (!stopping) {
            pollNothing(consumer);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptException(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Backoff.StoppingException) {
        Log.info("stopped within a batch; it will be handled again");
        return false;
      }
      // A defect. The batch was not stored, so it is to be read once more.
      throw new IllegalStateException("a batch was not handled", e.getCause());
    } finally {
      if (busy) {
        busy = false;
        consumer.resume(consumer.assignment());
      }
    }
  }

  private void pollNothing(KafkaConsumer<String, byte[]> consumer) {
    busy = true;
    consumer.pause(consumer.assignment());
    if (!consumer.poll(Duration.ZERO).isEmpty()) {
      throw new IllegalStateException("a paused partition has delivered");
    }
  }

  /** Not awaited: what is applied stands in the database, this only saves work after a restart. */
  private static void commit(
      KafkaConsumer<String, byte[]> consumer, ConsumerRecords<String, byte[]> batch) {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(batch.nextOffsets());
    offsets.keySet().retainAll(consumer.assignment());
    consumer.commitAsync(
        offsets,
        (of, failure) -> {
          if (failure != null) {
            Log.debugf(failure, "the offsets %s are not committed", of);
          }
        });
  }

  private final class Listener implements ConsumerRebalanceListener {

    private final Consumer<String, byte[]> consumer;

    Listener(Consumer<String, byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (busy) {
        consumer.pause(partitions);
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      // What is in work is stored or not, and is skipped or repeated by whoever is next.
    }
  }

  private void sleep() {
    long end = System.nanoTime() + AGAIN.toNanos();
    try {
      while (!stopping && System.nanoTime() < end) {
        Thread.sleep(Duration.ofMillis(20));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Begins no further batch. */
  void stop() {
    stopping = true;
    Consumer<String, byte[]> current = polled;
    if (current != null) {
      current.wakeup();
    }
  }

  /** Waits for the batch in work, not for long; others take over at once. */
  @Override
  public void close() {
    stop();
    try {
      if (thread.isAlive() && !thread.join(Duration.ofSeconds(10))) {
        Log.warnf("The consumer of the process manager %s does not end", process.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
