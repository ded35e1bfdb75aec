package io.headrace.query.platform.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headrace.events.platform.ConsistencyToken;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What wakes a wait, each means by itself: the worker's message, the listener's return, time. */
@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class ViewWaitsTest {

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final String NEVER = "PT24H";

  @Inject Vertx vertx;
  @Inject Pool pool;
  @Inject Notifications notifications;
  @Inject ReadConfig reads;

  private final List<ViewWaits> made = new ArrayList<>();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @BeforeEach
  void nothing_applied() {
    Rows.clear();
    await().atMost(Duration.ofSeconds(20)).until(notifications::isConnected);
  }

  @AfterEach
  void stop() {
    made.forEach(ViewWaits::stop);
  }

  private ViewWaits waits(String recheck, int maxWaiting) {
    var config =
        new SmallRyeConfigBuilder()
            .addDiscoveredConverters()
            .withMapping(ConsistencyConfig.class)
            .withDefaultValues(
                Map.of(
                    "headrace.consistency.recheck",
                    recheck,
                    "headrace.consistency.max-waiting",
                    String.valueOf(maxWaiting)))
            .build()
            .getConfigMapping(ConsistencyConfig.class);
    var waits = new ViewWaits(config, reads, vertx, pool, notifications, meters);
    made.add(waits);
    return waits;
  }

  private static CompletableFuture<List<Missing>> begin(
      ViewWaits waits, String stream, Duration patience) {
    return waits
        .until("orders", List.of(new ConsistencyToken("ordering", stream, 1)), patience)
        .subscribeAsCompletionStage();
  }

  private void awaitWaiting(int count) {
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> meters.get("headrace.query.waiting").gauge().value() == count);
  }

  @Test
  void the_message_of_the_commit_alone_wakes() {
    var waits = waits(NEVER, 10);
    var wait = begin(waits, "order-w-1", LONG);
    var other = begin(waits, "order-w-2", LONG);
    awaitWaiting(2);
    Rows.applied("order-w-1", 1);
    assertThat(wait.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join()).isEmpty();
    assertThat(other).isNotDone();
    Rows.applied("order-w-2", 1);
    assertThat(other.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join()).isEmpty();
    awaitWaiting(0);
  }

  @Test
  void a_commit_without_a_message_is_found_when_its_time_has_come() {
    var wait = begin(waits("PT0.05S", 10), "order-w-1", LONG);
    awaitWaiting(1);
    Rows.execute("INSERT INTO view_stream VALUES ('orders', 1, 'order-w-1', 1)");
    assertThat(wait.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join()).isEmpty();
  }

  @Test
  void a_commit_whose_message_was_lost_is_found_when_the_listener_is_back() throws Exception {
    var wait = begin(waits(NEVER, 10), "order-w-1", LONG);
    awaitWaiting(1);
    // Its message has reached nobody.
    Rows.execute("INSERT INTO view_stream VALUES ('orders', 1, 'order-w-1', 1)");
    try (var superuser = LocalStackResource.postgres().connect(PostgresServer.VIEWS);
        var statement = superuser.createStatement()) {
      statement.execute(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'headrace-query-listener'""");
    }
    assertThat(wait.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join()).isEmpty();
  }

  @Test
  void more_than_may_wait_are_refused_and_a_place_is_free_when_one_has_left() {
    var waits = waits(NEVER, 2);
    var first = begin(waits, "order-w-1", LONG);
    begin(waits, "order-w-2", LONG);
    awaitWaiting(2);
    assertThatThrownBy(() -> begin(waits, "order-w-3", LONG).join())
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(BulkheadException.class);
    first.cancel(true);
    awaitWaiting(1);
    assertThat(begin(waits, "order-w-3", Duration.ZERO).join())
        .containsExactly(new Missing("order-w-3", 1, 0L, false));
    awaitWaiting(1);
  }

  @Test
  void when_the_time_is_over_what_is_missing_is_told() {
    Rows.applied("order-w-1", 1);
    var tokens =
        List.of(
            new ConsistencyToken("ordering", "order-w-1", 1),
            new ConsistencyToken("ordering", "order-w-1", 3));
    assertThat(waits(NEVER, 10).until("orders", tokens, Duration.ofMillis(50)).await().atMost(LONG))
        .containsExactly(new Missing("order-w-1", 3, 1L, false));
  }
}
