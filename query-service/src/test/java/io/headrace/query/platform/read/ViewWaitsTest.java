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
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What wakes a wait, each means by itself: the worker's message, the listener's return, time; and
 * what it costs.
 */
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
  private final AtomicInteger lookUps = new AtomicInteger();
  private final Set<Context> lookedUpOn = ConcurrentHashMap.newKeySet();

  @BeforeEach
  void nothing_applied() {
    Rows.clear();
    await().atMost(Duration.ofSeconds(20)).until(() -> notifications.connection() != 0);
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
    var waits = new ViewWaits(config, reads, vertx, counting(), notifications, meters);
    made.add(waits);
    return waits;
  }

  /** The pool; counts the statements that are prepared. */
  private Pool counting() {
    var all = pool.getDelegate();
    return new Pool(
        (io.vertx.sqlclient.Pool)
            Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {io.vertx.sqlclient.Pool.class},
                (_, method, arguments) -> {
                  if (method.getName().equals("preparedQuery")) {
                    lookUps.incrementAndGet();
                    lookedUpOn.add(Vertx.currentContext());
                  }
                  return method.invoke(all, arguments);
                }));
  }

  private static CompletableFuture<List<Missing>> begin(
      ViewWaits waits, String stream, Duration patience) {
    return begin(waits, patience, token(stream, 1));
  }

  private static CompletableFuture<List<Missing>> begin(
      ViewWaits waits, Duration patience, ConsistencyToken... tokens) {
    return waits.until("orders", List.of(tokens), patience).subscribeAsCompletionStage();
  }

  private static ConsistencyToken token(String stream, long version) {
    return new ConsistencyToken("ordering", stream, version);
  }

  private static List<Missing> over(CompletableFuture<List<Missing>> wait) {
    return wait.orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** Until whoever waits was looked up, so that what follows is not found by that. */
  private void awaitLookUps(ViewWaits waits, int count) {
    await().atMost(Duration.ofSeconds(20)).until(() -> lookUps.get() >= count);
    // Comes behind them.
    assertThat(over(begin(waits, "order-w-none", Duration.ZERO))).hasSize(1);
    lookUps.decrementAndGet();
    assertThat(lookUps).hasValue(count);
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
    assertThat(over(wait)).isEmpty();
    assertThat(other).isNotDone();
    Rows.applied("order-w-2", 1);
    assertThat(over(other)).isEmpty();
    awaitWaiting(0);
  }

  @Test
  void the_context_of_the_request_that_waits_first_is_not_kept() {
    var request = VertxContext.createNewDuplicatedContext(vertx.getOrCreateContext());
    var wait = new CompletableFuture<List<Missing>>();
    request.runOnContext(
        _ ->
            waits(NEVER, 10)
                .until("orders", List.of(token("order-w-1", 1)), Duration.ZERO)
                .subscribe()
                .with(wait::complete, wait::completeExceptionally));
    assertThat(over(wait)).hasSize(1);
    assertThat(lookedUpOn).isNotEmpty().noneMatch(it -> VertxContext.isDuplicatedContext(it));
  }

  @Test
  void what_the_message_says_ends_a_wait_without_a_statement() {
    var waits = waits(NEVER, 200);
    var all = new ArrayList<CompletableFuture<List<Missing>>>();
    int n = 100;
    for (int i = 0; i < n; i++) {
      all.add(begin(waits, LONG, token("order-w-" + i, 2)));
    }
    awaitWaiting(n);
    assertThat(over(begin(waits, "order-w-none", Duration.ZERO))).hasSize(1);
    assertThat(lookUps.get()).as("at most one each").isLessThanOrEqualTo(n + 1);
    int before = lookUps.get();
    // Only told, and not in the table: a look-up would not find it.
    for (int i = 0; i < n; i++) {
      Rows.execute(Rows.telling(1, "order-w-" + i, 1));
      Rows.execute(Rows.telling(1, "order-w-" + i, 2 + i % 2));
    }
    assertThat(all).allSatisfy(wait -> assertThat(over(wait)).isEmpty());
    assertThat(lookUps).hasValue(before);
  }

  @Test
  void what_is_told_while_the_look_up_is_under_way_ends_the_wait() throws Exception {
    var waits = waits(NEVER, 10);
    CompletableFuture<List<Missing>> wait;
    try (var locked = Rows.owner()) {
      locked.setAutoCommit(false);
      locked.createStatement().execute("LOCK TABLE parked_event IN ACCESS EXCLUSIVE MODE");
      wait = begin(waits, "order-w-1", LONG);
      await().atMost(Duration.ofSeconds(20)).until(() -> lookUps.get() == 1);
      Rows.execute(Rows.telling(1, "order-w-1", 1));
      assertThat(over(wait)).isEmpty();
      locked.rollback();
    }
    awaitLookUps(waits, 1);
  }

  @Test
  void what_was_told_before_is_known_without_a_statement() {
    var waits = waits(NEVER, 10);
    var wait = begin(waits, "order-w-1", LONG);
    awaitLookUps(waits, 1);
    Rows.told("order-w-2", 3);
    Rows.told("order-w-1", 1);
    assertThat(over(wait)).isEmpty();
    assertThat(over(begin(waits, "order-w-1", Duration.ZERO))).isEmpty();
    assertThat(over(begin(waits, LONG, token("order-w-2", 3), token("order-w-1", 1)))).isEmpty();
    assertThat(lookUps).hasValue(1);
    assertThat(over(begin(waits, Duration.ZERO, token("order-w-2", 4), token("order-w-1", 1))))
        .containsExactly(new Missing("order-w-2", 4, 3L, false));
    assertThat(lookUps).hasValue(2);
  }

  @Test
  void what_was_told_is_forgotten_with_a_commit_that_does_not_say_its_streams() {
    var waits = waits(NEVER, 10);
    var wait = begin(waits, "order-w-1", LONG);
    awaitLookUps(waits, 1);
    Rows.execute(Rows.telling(1, "order-w-1", 1));
    assertThat(over(wait)).isEmpty();
    // Such as a swap of generations.
    var other = begin(waits, "order-w-2", LONG);
    awaitLookUps(waits, 2);
    Rows.applied("order-w-2", 1);
    assertThat(over(other)).isEmpty();
    assertThat(over(begin(waits, "order-w-1", Duration.ZERO)))
        .containsExactly(new Missing("order-w-1", 1, 0L, false));
  }

  @Test
  void what_was_told_is_forgotten_with_the_connection() throws Exception {
    var waits = waits(NEVER, 10);
    var wait = begin(waits, "order-w-1", LONG);
    awaitLookUps(waits, 1);
    Rows.execute(Rows.telling(1, "order-w-1", 1));
    assertThat(over(wait)).isEmpty();
    // It has one of two, which it was told.
    var both = begin(waits, LONG, token("order-w-1", 1), token("order-w-2", 1));
    awaitLookUps(waits, 2);
    loseTheConnection();
    assertThat(over(begin(waits, "order-w-1", Duration.ZERO))).hasSize(1);
    await().atMost(Duration.ofSeconds(20)).until(() -> notifications.connection() != 0);
    Rows.told("order-w-2", 1);
    assertThat(over(begin(waits, "order-w-1", Duration.ZERO))).hasSize(1);
    assertThat(both).isNotDone();
    Rows.told("order-w-1", 1);
    assertThat(over(both)).isEmpty();
  }

  @Test
  void what_was_told_and_what_was_found_are_put_together_of_one_generation_only() {
    var waits = waits(NEVER, 10);
    Rows.execute("INSERT INTO view_stream VALUES ('orders', 1, 'order-w-1', 1)");
    var wait = begin(waits, LONG, token("order-w-1", 1), token("order-w-2", 1));
    awaitLookUps(waits, 1);
    // Of a generation that it has not seen: it looks again, and finds the former one still.
    Rows.execute(Rows.telling(2, "order-w-2", 1));
    awaitLookUps(waits, 2);
    assertThat(wait).isNotDone();
    Rows.execute(Rows.telling(1, "order-w-2", 1));
    assertThat(over(wait)).isEmpty();
    assertThat(lookUps).hasValue(2);
  }

  @Test
  void a_commit_without_a_message_is_found_when_its_time_has_come() {
    var wait = begin(waits("PT0.05S", 10), "order-w-1", LONG);
    awaitWaiting(1);
    Rows.execute("INSERT INTO view_stream VALUES ('orders', 1, 'order-w-1', 1)");
    assertThat(over(wait)).isEmpty();
  }

  @Test
  void a_commit_whose_message_was_lost_is_found_when_the_listener_is_back() throws Exception {
    var wait = begin(waits(NEVER, 10), "order-w-1", LONG);
    awaitWaiting(1);
    // Its message has reached nobody.
    Rows.execute("INSERT INTO view_stream VALUES ('orders', 1, 'order-w-1', 1)");
    loseTheConnection();
    assertThat(over(wait)).isEmpty();
  }

  /** And sees to it that this is noticed. */
  private void loseTheConnection() throws SQLException {
    var lost = notifications.connection();
    try (var superuser = LocalStackResource.postgres().connect(PostgresServer.VIEWS);
        var statement = superuser.createStatement()) {
      statement.execute(
          """
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'headrace-query-listener'""");
    }
    await().atMost(Duration.ofSeconds(20)).until(() -> notifications.connection() != lost);
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
