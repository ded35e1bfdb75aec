package io.headrace.projection.platform.engine;

import io.headrace.events.platform.Heartbeat;
import io.headrace.events.platform.Topics;
import io.headrace.events.platform.UndecodableEventException;
import io.quarkus.logging.Log;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the relay's heartbeats, and has each running generation of a view note what they mean for
 * it. Every worker reads them all, whichever partitions it holds.
 *
 * <p>Has a thread of its own and stands in nobody's way: without it views go on, and only their
 * answers look older than they are.
 */
final class Heartbeats implements AutoCloseable {

  /** What is reached is looked at as often. */
  private static final Duration POLL = Duration.ofMillis(200);

  private static final Duration AGAIN = Duration.ofSeconds(1);
  private static final TopicPartition PARTITION = new TopicPartition(Topics.HEARTBEAT, 0);

  private final Map<String, Object> kafka;
  private final DataSource dataSource;
  private final Supplier<Collection<Runner>> runners;
  private final Thread thread =
      Thread.ofPlatform().name("heartbeats").daemon().unstarted(this::run);
  private volatile boolean stopping;
  private volatile @Nullable KafkaConsumer<byte[], byte[]> polled;
  private final Map<Runner, Freshness> views = new ConcurrentHashMap<>();
  // Of the thread alone:
  private final Map<String, Heartbeat> newest = new HashMap<>();

  Heartbeats(
      Map<String, Object> kafka, DataSource dataSource, Supplier<Collection<Runner>> runners) {
    this.kafka = settings(kafka);
    this.dataSource = dataSource;
    this.runners = runners;
  }

  private static Map<String, Object> settings(Map<String, Object> given) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(ConsumerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 2_000);
    settings.putAll(given);
    settings.keySet().retainAll(ConsumerConfig.configNames());
    settings.remove(ConsumerConfig.GROUP_ID_CONFIG);
    settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    return settings;
  }

  void start() {
    thread.start();
  }

  /** Up to when what a runner holds is complete; null if that is not known. */
  @Nullable Instant completeUntil(Runner runner) {
    Freshness freshness = views.get(runner);
    return freshness == null ? null : freshness.completeUntil();
  }

  private void run() {
    while (!stopping) {
      try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(kafka)) {
        polled = consumer;
        if (awaitTopic(consumer)) {
          // From its beginning: it is compacted, and a relay that is silent has said its last word
          // long ago.
          consumer.assign(List.of(PARTITION));
          consumer.seekToBeginning(List.of(PARTITION));
          listen(consumer);
        }
      } catch (WakeupException | InterruptException e) {
        // Closing.
      } catch (KafkaException e) {
        Log.debugf("Heartbeats cannot be read, again in a second: %s", e.getMessage());
        Pause.of(AGAIN, () -> stopping);
      } catch (RuntimeException e) {
        Log.errorf(e, "Heartbeats cannot be read, again in a second");
        Pause.of(AGAIN, () -> stopping);
      } finally {
        polled = null;
      }
    }
  }

  /** A consumer of a topic that does not exist complains several times a second. */
  private boolean awaitTopic(KafkaConsumer<byte[], byte[]> consumer) {
    while (!stopping) {
      if (consumer.listTopics().containsKey(PARTITION.topic())) {
        return true;
      }
      Pause.of(AGAIN, () -> stopping);
    }
    return false;
  }

  private void listen(KafkaConsumer<byte[], byte[]> consumer) {
    while (!stopping) {
      Map<String, Heartbeat> heard = new HashMap<>();
      for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
        decode(each, heard);
      }
      newest.putAll(heard);
      Collection<Runner> running = runners.get();
      views.keySet().retainAll(running);
      for (Runner runner : running) {
        Freshness known = views.get(runner);
        Freshness freshness = known == null ? of(runner) : known;
        (known == null ? newest : heard).forEach(freshness::heard);
        note(freshness, runner);
      }
    }
  }

  private Freshness of(Runner runner) {
    Freshness freshness =
        new Freshness(
            runner.view().view(), runner.view().generation(), runner.reached(), dataSource);
    views.put(runner, freshness);
    return freshness;
  }

  private static void decode(ConsumerRecord<byte[], byte[]> heard, Map<String, Heartbeat> into) {
    if (heard.key() == null || heard.value() == null) {
      return;
    }
    try {
      into.put(new String(heard.key(), StandardCharsets.UTF_8), Heartbeat.fromJson(heard.value()));
    } catch (UndecodableEventException e) {
      Log.warnf("%s, at offset %d of %s", e.getMessage(), heard.offset(), heard.topic());
    }
  }

  private static void note(Freshness freshness, Runner runner) {
    try {
      freshness.note();
    } catch (SQLException e) {
      // Another worker was faster, or PostgreSQL is away: it is tried again with the next look.
      Log.debugf("The freshness of view %s cannot be noted: %s", runner.view().view().name(), e);
    }
  }

  @Override
  public void close() {
    stopping = true;
    KafkaConsumer<byte[], byte[]> current = polled;
    if (current != null) {
      current.wakeup();
    }
    try {
      if (thread.isAlive()) {
        thread.join(Duration.ofSeconds(5));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
