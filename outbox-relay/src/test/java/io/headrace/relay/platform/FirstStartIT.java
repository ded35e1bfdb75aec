package io.headrace.relay.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.relay.platform.testing.EventLog;
import io.headrace.relay.platform.testing.RelayProcess;
import io.headrace.relay.platform.testing.Relays;
import io.headrace.relay.platform.testing.Topic;
import org.junit.jupiter.api.Test;

class FirstStartIT {

  @Test
  void what_was_appended_before_the_very_first_start_is_published_too() throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "early");
    log.append(500);
    try (RelayProcess relay = Relays.start(log)) {
      assertPublished(log);
      assertThat(relay.readiness()).contains("\"role\": \"active\"").contains("\"UP\"");

      log.append(100);
      assertPublished(log);
      assertThat(
              Topic.setting(
                  LocalStackResource.kafka().bootstrapServers(), log.topic(), "retention.ms"))
          .as("kept for ever")
          .isEqualTo("-1");
      assertThat(relay.terminate()).isEqualTo(143);
    }
    log.append(100);
    try (RelayProcess relay = Relays.start(log)) {
      assertPublished(log);
      assertThat(relay.log()).contains("streaming from").doesNotContain("first start");
    }
  }

  @Test
  void a_relay_that_is_there_before_the_migrations_waits_for_them() throws Exception {
    EventLog log = EventLog.database(LocalStackResource.postgres(), "unmigrated");
    try (RelayProcess relay = Relays.start(log)) {
      relay.awaitRole("waiting");
      assertThat(relay.readinessStatus()).isEqualTo(503);
      assertThat(relay.readiness()).contains("the publication headrace does not exist");

      log.migrate();
      log.append(10);
      relay.awaitRole("active");
      assertThat(relay.readinessStatus()).isEqualTo(200);
      assertPublished(log);
    }
  }

  private static void assertPublished(EventLog log) throws Exception {
    Topic.assertPublished(LocalStackResource.kafka().bootstrapServers(), log);
  }
}
