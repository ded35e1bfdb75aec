package io.headrace.relay.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.events.platform.Heartbeat;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.relay.platform.testing.EventLog;
import io.headrace.relay.platform.testing.Heartbeats;
import io.headrace.relay.platform.testing.RelayProcess;
import io.headrace.relay.platform.testing.Relays;
import io.headrace.relay.platform.testing.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** What the relay says of time, against what was in the log by then. */
class HeartbeatIT {

  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final Map<String, String> OFTEN = Map.of("headrace.relay.check-interval", "100ms");

  @Test
  void a_heartbeat_names_offsets_that_all_events_committed_up_to_its_time_are_below()
      throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "heartbeats");
    Map<Long, Instant> committed = new HashMap<>();
    List<Heartbeat> heard;
    try (RelayProcess relay = Relays.start(log, OFTEN)) {
      // Nothing was ever written, and it is said all the same.
      Heartbeat idle = Heartbeats.awaitAfter(log, Instant.EPOCH);
      assertThat(idle.ends()).isEmpty();

      for (int i = 0; i < 60; i++) {
        log.append(20);
        // Not before it was committed, by the clock that heartbeats go by.
        committed.put(log.count(), Heartbeats.clock(log));
      }
      Heartbeats.awaitAfter(log, committed.get(log.count()));
      relay.kill();
      log.append(20);
      committed.put(log.count(), Heartbeats.clock(log));
      Instant dead = Heartbeats.clock(log);
      assertThat(Heartbeats.of(log)).allMatch(each -> each.at().isBefore(dead));
    }
    try (RelayProcess _ = Relays.start(log, OFTEN)) {
      // The successor knows of the partitions that it has not published to itself.
      Heartbeat last = Heartbeats.awaitAfter(log, committed.get(log.count()));
      assertThat(last.ends().keySet()).containsExactly(log.topic());
      assertThat(last.ends().get(log.topic())).hasSize(6);
      heard = Heartbeats.of(log);
    }
    assertThat(heard).extracting(Heartbeat::at).isSorted();
    List<ConsumerRecord<String, byte[]>> records =
        Topic.read(
            LocalStackResource.kafka().bootstrapServers(),
            log.topic(),
            (int) log.count(),
            PATIENCE);
    for (Heartbeat each : heard) {
      long below =
          records.stream()
              .filter(
                  record ->
                      each.ends().containsKey(log.topic())
                          && record.offset() < each.ends().get(log.topic())[record.partition()])
              .count();
      long until =
          committed.entrySet().stream()
              .filter(entry -> entry.getValue().isBefore(each.at()))
              .mapToLong(Map.Entry::getKey)
              .max()
              .orElse(0);
      assertThat(below).as("events below the offsets of %s", each).isGreaterThanOrEqualTo(until);
    }
  }
}
