package io.headrace.relay.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.relay.platform.testing.EventLog;
import io.headrace.relay.platform.testing.RelayProcess;
import io.headrace.relay.platform.testing.Relays;
import io.headrace.relay.platform.testing.Topic;
import io.headrace.relay.platform.testing.Wire;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TakeoverIT {

  @Test
  void a_standby_takes_over_from_the_dead_and_the_frozen_and_a_zombie_publishes_nothing()
      throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "takeover");
    try (RelayProcess first = Relays.start(log).awaitRole("active");
        RelayProcess second = Relays.start(log).awaitRole("standby")) {
      assertThat(second.readinessStatus()).isEqualTo(200);
      log.append(300);

      first.kill();
      log.append(300);
      second.awaitRole("active");

      try (RelayProcess third = Relays.start(log).awaitRole("standby")) {
        Thread writers = Thread.ofPlatform().start(() -> append(log));
        second.signal("STOP");
        third.awaitRole("active");
        second.signal("CONT");
        second.awaitRole("standby");
        writers.join();
        assertPublished(log);
        assertThat(third.readiness()).contains("\"role\": \"active\"");
        assertThat(third.metrics()).contains("headrace_relay_role{role=\"active\"} 1.0");
        assertThat(second.metrics()).contains("headrace_relay_role{role=\"standby\"} 1.0");
        third.kill();
        second.awaitRole("active");
        aStandbyTakesOverFromOneThatIsCutOff(log, second);
      }
    }
  }

  /** The network between the active relay and its database dies without a word. */
  private static void aStandbyTakesOverFromOneThatIsCutOff(EventLog log, RelayProcess other)
      throws Exception {
    try (Wire wire = new Wire(LocalStackResource.postgres().port());
        RelayProcess cutOff =
            Relays.start(log, Map.of("headrace.database.port", Integer.toString(wire.port())))
                .awaitRole("standby")) {
      other.kill();
      cutOff.awaitRole("active");
      log.append(300);
      try (RelayProcess standby = Relays.start(log).awaitRole("standby")) {
        wire.cut();
        log.append(300);
        standby.awaitRole("active");
        assertPublished(log);
        cutOff.awaitRole("starting");
        wire.mend();
        cutOff.awaitRole("standby");
        log.append(300);
        assertPublished(log);
        assertThat(standby.readiness()).contains("\"role\": \"active\"");
      }
    }
  }

  private static void append(EventLog log) {
    try {
      log.appendConcurrently(3, () -> log.count() < 4_000);
    } catch (InterruptedException _) {
      // The test has ended.
    }
  }

  private static void assertPublished(EventLog log) throws Exception {
    Topic.assertPublished(LocalStackResource.kafka().bootstrapServers(), log);
  }
}
