package io.headrace.projection.platform.engine;

import static io.restassured.RestAssured.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.projection.contexts.ordering.OrderLives;
import io.headrace.projection.contexts.ordering.OrderRow;
import io.headrace.projection.contexts.ordering.OrdersView;
import io.headrace.projection.contexts.sample.AccountEvent;
import io.headrace.projection.contexts.sample.AccountEvent.Closed;
import io.headrace.projection.contexts.sample.AccountEvent.Cursed;
import io.headrace.projection.contexts.sample.AccountEvent.Moved;
import io.headrace.projection.contexts.sample.AccountsView;
import io.headrace.projection.contexts.sample.AccountsView.Account;
import io.headrace.projection.platform.engine.Environment.Relay;
import io.headrace.projection.platform.engine.ViewSpec.Stream;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The service as it is deployed, with a context that only the tests know. */
@QuarkusTest
@WithTestResource(LocalStackResource.class)
class ServiceTest {

  private static Relay relay;

  private final CompiledView<OrderRow> orders = new CompiledView<>(new OrdersView());
  private final CompiledView<Account> accounts = new CompiledView<>(new AccountsView());
  private final EventCatalogue catalogue =
      Views.catalogueOf(List.of(new OrdersView(), new AccountsView()));

  /** The service is up already: it has to find the topics when they come. */
  @BeforeAll
  static void start() throws Exception {
    String servers = LocalStackResource.kafka().bootstrapServers();
    List<String> topics = new ArrayList<>(new CompiledView<>(new OrdersView()).topics());
    topics.add("sample.events");
    Environment.createTopics(servers, topics);
    relay = new Relay(servers, "service-test-relay");
  }

  @AfterAll
  static void stop() {
    relay.close();
  }

  @Test
  void orders_come_out_as_rows_and_totals_and_the_service_says_how_far_it_is() throws Exception {
    List<Stream> lives = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      lives.addAll(OrderLives.life("o" + i, new Random(i)));
    }
    relay.publish(Environment.interleaved(catalogue, lives, new Random(1)));

    Map<String, OrderRow> expected = Environment.expected(orders, catalogue, lives);
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> rows(orders).equals(expected));
    try (Connection connection = reader()) {
      assertThat(Environment.actualTotals(connection, orders))
          .isEqualTo(Environment.sums(orders, expected.values()));
    }
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                get("/views")
                    .then()
                    .statusCode(200)
                    .body("view", hasItems("orders", "accounts"))
                    .body("find { it.view == 'orders' }.generation", equalTo(1))
                    .body("find { it.view == 'orders' }.lag", equalTo(0))
                    .body("find { it.view == 'orders' }.partitions.size()", equalTo(24)));
    get("/q/metrics")
        .then()
        .body(containsString("headrace_view_events_total{view=\"orders\"}"))
        .body(containsString("headrace_view_lag_seconds"));
  }

  @Test
  void what_cannot_be_folded_parks_in_order_and_all_else_flows() throws Exception {
    relay.publish(
        List.of(
            event("gap", 1, new Moved("g1", "g2", 1)),
            event("gap", 3, new Moved("g1", "g2", 10)),
            event("gap", 4, new Moved("g1", "g2", 100)),
            event("cursed", 1, new Moved("c1", "c2", 1)),
            event("cursed", 2, new Cursed("c1", false)),
            event("cursed", 3, new Moved("c1", "c2", 10)),
            // Refused by a constraint of the table.
            event("refused", 1, new Moved("r1", "r2", 5_000)),
            event("refused", 2, new Moved("r1", "r3", 1)),
            // Refused by text as such.
            event("nul", 1, new Moved("n1\0", "n2", 1)),
            Published.of(
                "sample",
                "undecodable",
                1,
                "sample.Moved.v1",
                "one",
                "{\"from\": []}".getBytes(StandardCharsets.UTF_8)),
            event("undecodable", 2, new Moved("u1", "u2", 1)),
            Published.of(
                "sample",
                "unknown",
                1,
                "sample.Unheard.v1",
                "one",
                "?".getBytes(StandardCharsets.UTF_8)),
            event("unknown", 2, new Moved("k1", "k2", 1)),
            event("gone", 1, new Moved("x1", "x2", 1)),
            event("gone", 2, new Closed("x1")),
            noEvent(),
            event("last", 1, new Moved("l1", "l2", 1))));

    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> lanes().size() == 7 && rows(accounts).containsKey("l1"));
    assertThat(lanes())
        .containsExactlyInAnyOrder(
            "stream gap gap",
            "key c1 failed",
            "key r1 refused",
            "key r2 refused",
            "stream undecodable undecodable",
            "record undecodable",
            "record undecodable");
    assertThat(parked("gap")).containsExactly("gap@3", "gap@4");
    assertThat(parked("c1")).containsExactly("cursed@2", "cursed@3");
    assertThat(parked("r1")).containsExactly("refused@1", "refused@2");
    assertThat(parked("undecodable")).containsExactly("undecodable@1", "undecodable@2");
    Map<String, Account> rows = rows(accounts);
    assertThat(rows)
        .containsEntry("g2", new Account("g2", 1, 1))
        .containsEntry("c1", new Account("c1", -1, 1))
        .containsEntry("c2", new Account("c2", 11, 2))
        .containsEntry("r3", new Account("r3", 1, 1))
        .containsEntry("k2", new Account("k2", 1, 1))
        .doesNotContainKeys("r1", "u2", "x1");
    try (Connection connection = reader()) {
      assertThat(Environment.actualTotals(connection, accounts))
          .isEqualTo(Environment.sums(accounts, rows.values()));
    }
    get("/q/health/ready")
        .then()
        .statusCode(200)
        .body("checks.find { it.name == 'views' }.data.'accounts.parked.lanes'", equalTo(7));
  }

  @Test
  void readers_may_read_and_the_worker_may_not_change_the_schema() throws Exception {
    try (Connection connection = reader()) {
      assertThat(refused(connection, "DELETE FROM orders")).isEqualTo("42501");
      assertThat(refused(connection, "SELECT * FROM parked_event")).isEqualTo("42501");
    }
    try (Connection connection =
        LocalStackResource.postgres().connect(PostgresServer.VIEWS, "headrace_projection")) {
      assertThat(refused(connection, "CREATE TABLE mine (id int)")).isEqualTo("42501");
    }
  }

  private static String refused(Connection connection, String sql) {
    try {
      connection.createStatement().execute(sql);
      return "done";
    } catch (SQLException e) {
      return e.getSQLState();
    }
  }

  private Published event(String stream, long version, AccountEvent event) {
    Published published = Published.of(catalogue, stream, version, event);
    // One partition, so that the test knows the order.
    return new Published(
        published.topic(), "one", published.headers(), published.payload(), stream, version);
  }

  private Published noEvent() {
    return new Published(
        "sample.events", "one", Map.of("x", "y"), "?".getBytes(StandardCharsets.UTF_8), "", 0);
  }

  private static List<String> lanes() throws SQLException {
    return query(
        """
        SELECT kind || CASE kind WHEN 'record' THEN '' ELSE ' ' || lane END || ' ' || reason
          FROM parked_lane WHERE view = 'accounts'""");
  }

  private static List<String> parked(String lane) throws SQLException {
    return query(
        "SELECT stream_id || '@' || stream_version FROM parked_event WHERE lane = '%s' ORDER BY position"
            .formatted(lane));
  }

  private static List<String> query(String sql) throws SQLException {
    List<String> result = new ArrayList<>();
    try (Connection connection = LocalStackResource.postgres().connect(PostgresServer.VIEWS);
        ResultSet results = connection.createStatement().executeQuery(sql)) {
      while (results.next()) {
        result.add(results.getString(1));
      }
    }
    return result;
  }

  private static <R extends Record> Map<String, R> rows(CompiledView<R> view) throws SQLException {
    try (Connection connection = reader()) {
      return Environment.actual(connection, view);
    }
  }

  private static Connection reader() throws SQLException {
    return LocalStackResource.postgres().connect(PostgresServer.VIEWS, "headrace_query");
  }
}
