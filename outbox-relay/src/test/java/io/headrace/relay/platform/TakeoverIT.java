package io.headrace.relay.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.relay.platform.testing.EventLog;
import io.headrace.relay.platform.testing.RelayProcess;
import io.headrace.relay.platform.testing.Relays;
import io.headrace.relay.platform.testing.Topic;
import io.headrace.relay.platform.testing.Wire;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** {@link CrashIT} has relays that are killed; here are those that come back. */
class TakeoverIT {

  @Test
  void a_standby_takes_over_from_the_cut_off_and_the_frozen_and_a_zombie_publishes_nothing()
      throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "takeover");
    AtomicBoolean writing = new AtomicBoolean(true);
    try (Wire wire = new Wire(LocalStackResource.postgres().port());
        RelayProcess one =
            Relays.start(log, Map.of("headrace.database.port", Integer.toString(wire.port())))) {
      one.awaitRole("active");
      log.append(300);
      try (RelayProcess other = Relays.start(log).awaitRole("standby")) {
        assertThat(other.readinessStatus()).isEqualTo(200);
        Thread writers = Thread.ofPlatform().start(() -> append(log, writing));

        // The network between the active relay and its database dies without a word.
        wire.cut();
        other.awaitRole("active");
        one.awaitRole("starting");
        wire.mend();
        one.awaitRole("standby");

        // The active relay freezes, in the middle of a transaction as like as not.
        other.signal("STOP");
        one.awaitRole("active");
        other.signal("CONT");
        other.awaitRole("standby");

        writing.set(false);
        writers.join();
        Topic.assertPublished(LocalStackResource.kafka().bootstrapServers(), log);
        assertThat(one.readiness()).contains("\"role\": \"active\"");
        assertThat(one.metrics()).contains("headrace_relay_role{role=\"active\"} 1.0");
        assertThat(other.metrics()).contains("headrace_relay_role{role=\"standby\"} 1.0");
      }
    }
  }

  private static void append(EventLog log, AtomicBoolean writing) {
    try {
      log.appendConcurrently(
          2,
          () -> {
            LockSupport.parkNanos(5_000_000);
            return writing.get();
          });
    } catch (InterruptedException _) {
      // The test has ended.
    }
  }
}
