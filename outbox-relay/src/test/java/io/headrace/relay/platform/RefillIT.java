package io.headrace.relay.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.relay.platform.testing.EventLog;
import io.headrace.relay.platform.testing.Heartbeats;
import io.headrace.relay.platform.testing.RelayProcess;
import io.headrace.relay.platform.testing.Relays;
import io.headrace.relay.platform.testing.Topic;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class RefillIT {

  @Test
  void a_lost_slot_is_refused_and_a_refill_publishes_exactly_what_is_missing_amid_writes()
      throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "lost");
    log.append(300);
    try (RelayProcess relay = Relays.start(log)) {
      assertPublished(log);
      HttpResponse<String> refused = relay.post("/relay/refill", "");
      assertThat(refused.statusCode()).as("while it streams").isEqualTo(409);
      assertThat(refused.body()).contains("urn:headrace:problem:no-refill");
      relay.terminate();
    }
    log.append(400);
    log.dropSlot();
    log.append(300);
    try (RelayProcess relay = Relays.start(log);
        RelayProcess other = Relays.start(log)) {
      relay.awaitRole("refused");
      other.awaitRole("refused");
      assertThat(relay.readinessStatus()).isEqualTo(503);
      assertThat(relay.readiness()).contains("the slot lost is gone").contains("relay-refill");

      AtomicBoolean writing = new AtomicBoolean(true);
      Thread writers = Thread.ofPlatform().start(() -> append(log, writing));
      HttpResponse<String> refill = relay.post("/relay/refill", "");
      writing.set(false);
      writers.join();

      assertThat(refill.statusCode()).isEqualTo(200);
      String[] lines = refill.body().strip().split("\n");
      assertThat(lines[lines.length - 1])
          .contains("\"state\":\"done\"")
          .contains("\"published\":300,\"twice\":0")
          .contains("events were missing and are published, 300 were there");
      assertThat(relay.post("/relay/refill", "").statusCode())
          .as("once more, while it takes over again")
          .isEqualTo(409);
      assertThat(relay.show("/relay/refill")).contains("\"state\":\"done\"");
      Topic.assertRefilled(kafka(), log);
    }
  }

  private static void append(EventLog log, AtomicBoolean writing) {
    try {
      log.appendConcurrently(3, writing::get);
    } catch (InterruptedException _) {
      // The test has ended.
    }
  }

  @Test
  void a_slot_made_anew_and_a_lost_position_are_refused_and_refilled() throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "recreated");
    log.append(100);
    log.dropSlot();
    log.append(100);
    log.createSlot();
    log.append(50);
    try (RelayProcess relay = Relays.start(log)) {
      relay.awaitRole("refused");
      assertThat(relay.readiness()).contains("the slot does not begin before the first event");
      assertThat(relay.post("/relay/refill", "").body())
          .contains("\"missing\":250")
          .contains("\"refilled\":250")
          .contains("\"state\":\"done\"");
      log.append(50);
      assertPublished(log);
      relay.terminate();
    }

    log.dropSlot();
    log.append(100);
    log.createSlot();
    try (RelayProcess relay = Relays.start(log)) {
      relay.awaitRole("refused");
      assertThat(relay.readiness()).contains("it was created anew or moved");
      relay.kill();
    }

    // Another topic for the position: the one it had is lost.
    try (RelayProcess relay =
        Relays.start(log, Map.of("headrace.relay.topics.offsets", "recreated.offsets"))) {
      relay.awaitRole("refused");
      assertThat(relay.readiness())
          .contains("Kafka holds events, but not the position of the slot recreated");
      assertThat(relay.post("/relay/refill", "").body()).contains("\"refilled\":100");
      log.append(50);
      assertPublished(log);
    }
  }

  @Test
  void a_log_that_is_older_than_what_was_published_is_not_refilled_from() throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "restored");
    log.append(100);
    try (RelayProcess relay = Relays.start(log)) {
      Instant published = Heartbeats.clock(log);
      assertPublished(log);
      Heartbeats.awaitAfter(log, published);
      relay.terminate();
    }
    log.dropSlot();
    String last = log.query("SELECT max(stream_id) FROM event_log");
    log.execute("DELETE FROM event_log WHERE stream_id = '%s'".formatted(last));
    try (RelayProcess relay = Relays.start(log)) {
      relay.awaitRole("refused");
      assertThat(relay.post("/relay/refill", "").body())
          .contains("\"state\":\"failed\"")
          .contains("events that the event log does not have, such as " + last + "@");
      relay.awaitRole("refused");

      HttpResponse<String> words = relay.post("/relay/refill", "", "text/plain");
      assertThat(words.body().strip().lines())
          .as("each step once")
          .doesNotHaveDuplicates()
          .last()
          .asString()
          .startsWith("failed: Kafka holds ");

      // It has no context either by which to look for topics: the position names them.
      log.execute("TRUNCATE event_log");
      assertThat(relay.post("/relay/refill", "").body())
          .contains("Kafka holds 100 events that the event log does not have");
    }
    // Nor has Kafka the position: the heartbeat names them.
    try (RelayProcess relay =
        Relays.start(log, Map.of("headrace.relay.topics.offsets", "restored.offsets"))) {
      relay.awaitRole("refused");
      assertThat(relay.readiness())
          .contains("Kafka holds events, but not the position of the slot restored");
      assertThat(relay.post("/relay/refill", "").body())
          .contains("Kafka holds 100 events that the event log does not have");
    }
  }

  @Test
  void what_was_published_and_deleted_from_the_topic_is_not_published_again() throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "deleted");
    long anHourAgo = EventLog.micros() - Duration.ofHours(1).toMillis() * 1_000;
    insert(log, "gone", 1, 3, anHourAgo);
    insert(log, "cut", 1, 5, EventLog.micros());
    try (RelayProcess relay = Relays.start(log)) {
      Topic.read(kafka(), log.topic(), 8, Duration.ofSeconds(40));
      Heartbeats.awaitAfter(log, Heartbeats.clock(log));
      relay.terminate();
    }
    log.dropSlot();
    insert(log, "gone", 4, 5, EventLog.micros());
    insert(log, "cut", 6, 7, EventLog.micros());
    insert(log, "never", 1, 2, EventLog.micros());
    // All of one stream, and the beginning of the other; each has a key, and so a partition.
    Topic.deleteBefore(kafka(), log.topic(), Map.of("gone@3", true, "cut@4", false));

    try (RelayProcess relay = Relays.start(log)) {
      relay.awaitRole("refused");
      assertThat(relay.post("/relay/refill", "").body())
          .contains("\"missing\":12,\"expired\":6,\"refilled\":6")
          .contains("6 that had been published were deleted from Kafka, and are left alone")
          .contains("\"state\":\"done\"");
      insert(log, "gone", 6, 6, EventLog.micros());
      assertThat(Topic.read(kafka(), log.topic(), 9, Duration.ofSeconds(40)))
          .extracting(record -> Topic.event(record).id())
          .containsExactlyInAnyOrder(
              "gone@4", "gone@5", "gone@6", "cut@4", "cut@5", "cut@6", "cut@7", "never@1",
              "never@2");
    }
  }

  @Test
  void an_event_missing_from_the_middle_of_a_stream_is_not_published_out_of_order()
      throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "hole");
    insert(log, "torn", 1, 3, EventLog.micros());
    Topic.write(kafka(), log.topic(), "torn", 1, 3);
    try (RelayProcess relay = Relays.start(log)) {
      relay.awaitRole("refused");
      assertThat(relay.post("/relay/refill", "").body())
          .contains("Kafka lacks torn@2, but holds later events of its stream")
          .contains("\"state\":\"failed\"");
      assertThat(Topic.read(kafka(), log.topic(), 2, Duration.ofSeconds(40))).hasSize(2);
    }
  }

  /** Versions of a stream whose key is its name. */
  private static void insert(EventLog log, String stream, int from, int to, long recordedAt)
      throws Exception {
    log.execute(
        """
        INSERT INTO event_log
        SELECT '%1$s', i, '%2$s', '%2$s.Happened.v1', '%1$s', %3$d, '{"ce_correlationid": "c"}', '{}'
          FROM generate_series(%4$d, %5$d) i
        """
            .formatted(stream, log.name(), recordedAt, from, to));
  }

  private static String kafka() {
    return LocalStackResource.kafka().bootstrapServers();
  }

  private static void assertPublished(EventLog log) throws Exception {
    Topic.assertPublished(kafka(), log);
  }
}
