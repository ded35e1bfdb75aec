package io.headrace.relay.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.relay.platform.testing.EventLog;
import io.headrace.relay.platform.testing.RelayProcess;
import io.headrace.relay.platform.testing.Relays;
import io.headrace.relay.platform.testing.Topic;
import java.net.http.HttpResponse;
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
      assertThat(relay.show("/relay/refill")).contains("\"state\":\"done\"");
      Topic.assertRefilled(LocalStackResource.kafka().bootstrapServers(), log);
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
      assertPublished(log);
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
    }
  }

  private static void assertPublished(EventLog log) throws Exception {
    Topic.assertPublished(LocalStackResource.kafka().bootstrapServers(), log);
  }
}
