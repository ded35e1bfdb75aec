package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.PostgresServer;
import io.headrace.projection.contexts.sample.AccountEvent.Moved;
import io.headrace.projection.platform.log.HttpEventLog;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GapHealerTest {

  private static final String STREAM = "transfers-0-healed";

  /** More than are asked of the log at a time: 500. */
  private static final int LAST = 700;

  @Test
  void
      a_gap_is_filled_up_to_the_event_that_cannot_be_taken_and_only_those_before_it_count_as_healed()
          throws Exception {
    Servers servers = Servers.get();
    try (OwnAccounts accounts = new OwnAccounts(servers, "healed")) {
      List<Published> events = new ArrayList<>();
      for (int version = 1; version <= LAST; version++) {
        events.add(
            version == 300
                ? Published.of(
                    "sample",
                    STREAM,
                    version,
                    "sample.Moved.v1",
                    "a",
                    "{\"from\": []}".getBytes(StandardCharsets.UTF_8))
                : accounts.published(STREAM, version, new Moved("a", "b", 1)));
      }
      EventLogServer.append(servers.postgres, events);
      accounts.take(events.getFirst(), events.getLast());
      assertThat(accounts.parked()).isEqualTo("stream transfers-0-healed gap 1");
      GapHealer healer =
          new GapHealer(
              servers.dataSource,
              new HttpEventLog(
                  URI.create(servers.log.url()),
                  HttpEventLog.Protection.none(),
                  Duration.ofSeconds(10),
                  Duration.ofSeconds(30)),
              accounts.catalogue,
              WorkerProcess.config(Map.of()).gaps());

      healer.heal(accounts.worker, OwnAccounts.FOREVER);

      assertThat(accounts.rows()).isEqualTo("a -299, b 299");
      assertThat(
              accounts
                  .registry
                  .counter("headrace.view.gaps.healed", "view", "healed", "generation", "1")
                  .count())
          .isEqualTo(298);
      assertThat(accounts.parked())
          .as("of what follows in the log, no more than the 500 that it stands among, and the last")
          .isEqualTo("stream transfers-0-healed undecodable 203");
    } finally {
      try (Connection owner = servers.postgres.connect(PostgresServer.COMMANDS)) {
        owner
            .createStatement()
            .execute("DELETE FROM event_log WHERE stream_id = '%s'".formatted(STREAM));
      }
    }
  }
}
