package io.headrace.relay.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.relay.platform.testing.EventLog;
import io.headrace.relay.platform.testing.RelayProcess;
import io.headrace.relay.platform.testing.Relays;
import io.headrace.relay.platform.testing.Topic;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** {@code make relay-torture} runs it with larger counts. */
class CrashIT {

  private static final int EVENTS = Integer.getInteger("headrace.crash.events", 6_000);
  private static final int KILLS = Integer.getInteger("headrace.crash.kills", 3);
  private static final int KAFKA = Integer.getInteger("headrace.crash.kafka", 1);
  private static final int POSTGRES = Integer.getInteger("headrace.crash.postgres", 1);

  @Test
  void every_event_is_published_once_however_often_relay_kafka_and_postgresql_are_killed()
      throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "crashes");
    AtomicBoolean killing = new AtomicBoolean(true);
    Thread writers = Thread.ofPlatform().start(() -> append(log, killing));
    RelayProcess active = start(log);
    RelayProcess standby = start(log);
    try {
      for (int kill = 1; kill <= KILLS; kill++) {
        if (firstToPublish(active, standby) == standby) {
          RelayProcess other = active;
          active = standby;
          standby = other;
        }
        pause(ThreadLocalRandom.current().nextInt(500));
        if (isTurn(kill, KAFKA)) {
          LocalStackResource.kafka().kill();
          LocalStackResource.kafka().restart();
        }
        // Half a period later than Kafka's.
        if (isTurn(kill + KILLS / 2, POSTGRES)) {
          LocalStackResource.postgres().kill();
          LocalStackResource.postgres().restart();
        }
        active.kill();
        active = standby;
        standby = start(log);
        if (kill % 10 == 0) {
          System.out.printf("%d kills, %,d events%n", kill, log.count());
        }
      }
      killing.set(false);
      writers.join(Duration.ofMinutes(10));
      assertThat(writers.isAlive()).isFalse();
      assertThat(log.count()).isGreaterThanOrEqualTo(EVENTS);
      assertPublished(log);
    } finally {
      killing.set(false);
      active.close();
      standby.close();
    }
  }

  /** Spreads so many turns evenly over the kills. */
  private static boolean isTurn(int kill, int turns) {
    return kill * turns / KILLS > (kill - 1) * turns / KILLS;
  }

  /** Which of the two has the slot is for them to settle. */
  private static RelayProcess firstToPublish(RelayProcess one, RelayProcess other) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> one.publishes() || other.publishes());
    return one.publishes() ? one : other;
  }

  /** Small transactions: more places to be killed in. */
  private static RelayProcess start(EventLog log) {
    return Relays.start(log, Map.of("headrace.relay.max-batch", "64"));
  }

  @Test
  void a_relay_lives_through_the_absence_of_kafka_and_of_postgresql_in_bounded_memory()
      throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "absences");
    Map<String, String> configuration =
        Relays.configuration(log, Map.of("headrace.relay.kafka-timeout", "2s"));
    // Bounded is not tight: while Kafka is away 55 MB are in use. Of 96 MB the old generation is
    // 64, and what is left of it keeps the collector busy.
    try (RelayProcess relay = RelayProcess.start(configuration, 128)) {
      relay.awaitRole("active");
      log.append(200);

      LocalStackResource.kafka().stop();
      // More than the relay's memory holds.
      log.appendLarge(15_000, 10_000);
      log.append(1_000);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> relay.readiness().contains("\"kafkaCircuit\": \"open\""));
      assertThat(relay.metrics())
          .contains("headrace_relay_circuit{dependency=\"kafka\",state=\"open\"} 1.0");
      LocalStackResource.kafka().restart();
      assertPublished(log);

      LocalStackResource.postgres().stop();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> relay.readiness().contains("\"role\": \"starting\""));
      assertThat(relay.readinessStatus()).as("within the grace").isEqualTo(200);
      LocalStackResource.postgres().restart();
      log.append(200);
      assertPublished(log);
      relay.awaitRole("active");
      assertThat(relay.readiness()).contains("\"kafkaCircuit\": \"closed\"");
    } finally {
      // The tests that come need both.
      if (!LocalStackResource.kafka().isAlive()) {
        LocalStackResource.kafka().restart();
      }
      if (!LocalStackResource.postgres().isAlive()) {
        LocalStackResource.postgres().restart();
      }
    }
  }

  /** All through the kills, and up to the number of events. */
  private static void append(EventLog log, AtomicBoolean killing) {
    try {
      log.appendConcurrently(
          4,
          () -> {
            if (killing.get()) {
              pause(30);
            }
            return killing.get() || log.count() < EVENTS;
          });
    } catch (InterruptedException _) {
      // The test has ended.
    }
  }

  private static void assertPublished(EventLog log) throws Exception {
    Topic.assertPublished(LocalStackResource.kafka().bootstrapServers(), log);
  }

  private static void pause(long millis) {
    LockSupport.parkNanos(millis * 1_000_000);
  }
}
