package io.headrace.query.platform.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.subscription.Cancellable;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class NotificationsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Inject Notifications notifications;

  private final List<Cancellable> subscriptions = new ArrayList<>();

  @BeforeEach
  void connected() {
    await().atMost(PATIENCE).until(() -> notifications.connection() != 0);
  }

  @AfterEach
  void quiet() {
    subscriptions.forEach(Cancellable::cancel);
  }

  @Test
  void a_listener_is_told_the_commits_of_its_view_and_of_no_other() {
    var orders = listen("orders");
    var almanac = listen("almanac");
    send("almanac:7");
    send("orders:1");
    send("orders:12");
    await().atMost(PATIENCE).until(() -> orders.contains("12"));
    assertThat(orders).containsExactly("1", "12");
    assertThat(almanac).containsExactly("7");
  }

  @Test
  void what_is_no_message_of_the_worker_is_passed_over() {
    var orders = listen("orders");
    for (var message :
        List.of("", "orders", "orders:", "orders:0", "orders:x", ":1", "orders:-1")) {
      send(message);
    }
    send("orders:1");
    await().atMost(PATIENCE).until(() -> !orders.isEmpty());
    assertThat(orders).containsExactly("1");
  }

  @Test
  void what_a_commit_has_brought_streams_to_is_told_with_it() {
    var orders = listen("orders");
    var almanac = listen("almanac");
    tell("orders:1\n[\"a:b\\n\",3]", "orders:1");
    tell("orders:1\n[]", "orders:1");
    send("orders:1");
    tell("almanac:7\n[\"c\",1]", "almanac:7");
    send("orders:2");
    await().atMost(PATIENCE).until(() -> orders.contains("2"));
    assertThat(orders).containsExactly("1 {a:b\n=3}", "1 {}", "1", "2");
    assertThat(almanac).containsExactly("7 {c=1}");
  }

  @Test
  void what_is_told_of_streams_belongs_to_the_message_that_follows_or_to_none() {
    var orders = listen("orders");
    var streams = "orders:1\n[\"a\",3]";
    tell(streams, "orders:2");
    tell(streams, "almanac:1");
    tell(streams, "orders");
    send("orders:1");
    tell("orders:1\n[\"a\"]", "orders:1");
    tell("", "orders:1");
    // Of another process.
    Rows.execute("SELECT pg_notify('headrace_view_streams', '%s')".formatted(streams));
    send("orders:1");
    tell(streams, "orders:1");
    await().atMost(PATIENCE).until(() -> orders.contains("1 {a=3}"));
    assertThat(orders).containsExactly("2", "1", "1", "1", "1", "1 {a=3}");
  }

  @Test
  void each_connection_has_a_number() throws SQLException {
    var first = notifications.connection();
    assertThat(first).isPositive();
    loseTheConnection();
    await().atMost(PATIENCE).until(() -> notifications.connection() > first);
  }

  @Test
  void a_listener_that_fails_leaves_the_others_told() {
    subscriptions.add(
        notifications.subscribe(
            "orders",
            new Notifications.Listener() {
              @Override
              public void committed(int generation) {
                throw new IllegalStateException("a defect");
              }

              @Override
              public void uncertain() {}
            }));
    var orders = listen("orders");
    send("orders:1");
    await().atMost(PATIENCE).until(() -> orders.equals(List.of("1")));
  }

  @Test
  void who_has_cancelled_is_told_nothing() {
    var cancelled = listen("orders");
    subscriptions.removeLast().cancel();
    var orders = listen("orders");
    send("orders:1");
    await().atMost(PATIENCE).until(() -> orders.equals(List.of("1")));
    assertThat(cancelled).isEmpty();
  }

  @Test
  void after_a_lost_connection_everyone_is_told_to_look_and_is_told_commits_again()
      throws SQLException {
    var orders = listen("orders");
    var almanac = listen("almanac");
    loseTheConnection();
    await().atMost(PATIENCE).until(() -> orders.contains("look") && almanac.contains("look"));
    send("orders:1");
    await().atMost(PATIENCE).until(() -> orders.contains("1"));
  }

  private List<String> listen(String view) {
    var heard = new CopyOnWriteArrayList<String>();
    subscriptions.add(
        notifications.subscribe(
            view,
            new Notifications.Listener() {
              @Override
              public void committed(int generation) {
                heard.add(String.valueOf(generation));
              }

              @Override
              public void committed(int generation, Map<String, Long> streams) {
                heard.add(generation + " " + streams);
              }

              @Override
              public void uncertain() {
                heard.add("look");
              }
            }));
    return heard;
  }

  private static void loseTheConnection() throws SQLException {
    try (var superuser = LocalStackResource.postgres().connect(PostgresServer.VIEWS);
        var statement = superuser.createStatement()) {
      statement.execute(
          "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'headrace-query-listener'");
    }
  }

  private static void tell(String streams, String message) {
    Rows.execute(
        """
        SELECT pg_notify('headrace_view_streams', '%s'); SELECT pg_notify('headrace_views', '%s')"""
            .formatted(streams, message));
  }

  private static void send(String message) {
    Rows.execute("SELECT pg_notify('headrace_views', '%s')".formatted(message));
  }
}
