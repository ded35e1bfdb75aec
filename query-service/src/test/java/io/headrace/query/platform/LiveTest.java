package io.headrace.query.platform;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.query.platform.live.LiveEvent;
import io.headrace.query.platform.live.LiveFeeds;
import io.headrace.query.platform.live.LiveQuery;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.View;
import io.headrace.query.testing.EventStream;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Multi;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class LiveTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Instant NOON = Instant.parse("2018-01-31T12:00:00Z");

  @TestHTTPResource URI root;
  @Inject LiveFeeds feeds;
  @Inject @Any Instance<View> views;

  private final List<EventStream> open = new ArrayList<>();

  @BeforeEach
  void three_orders() {
    Rows.clear();
    Rows.placed("o-1", "c-1", "placed", NOON);
    Rows.placed("o-2", "c-1", "placed", NOON.plusSeconds(1));
    Rows.placed("o-3", "c-2", "shipped", NOON.plusSeconds(2));
  }

  @AfterEach
  void hang_up() {
    open.forEach(EventStream::close);
    eventually(() -> clients() == 0);
  }

  @Test
  void a_row_is_told_as_it_is_and_then_every_change_of_it_to_its_deletion_and_return() {
    var client = watch("/orders/o-1");
    eventually(() -> client.names().equals(List.of("state")));
    assertThat(client.last().data().toString())
        .contains("\"more\":false")
        .contains("\"orderId\":\"o-1\",\"customerId\":\"c-1\",\"status\":\"placed\"");
    status("o-2", "shipped");
    status("o-1", "confirmed");
    eventually(() -> statusOf(client, "o-1").equals("confirmed"));
    assertThat(client.names()).containsExactly("state", "change");
    delete("o-1");
    eventually(() -> client.rows().isEmpty());
    assertThat(client.last().data().toString()).isEqualTo("{\"rows\":[],\"gone\":[\"o-1\"]}");
    place("o-1", "c-1", "placed");
    eventually(() -> statusOf(client, "o-1").equals("placed"));
    assertThat(client.names()).containsExactly("state", "change", "change", "change");
  }

  @Test
  void a_row_that_does_not_exist_yet_can_be_waited_for() {
    var client = watch("/orders/o-9");
    eventually(() -> client.names().equals(List.of("state")));
    assertThat(client.rows()).isEmpty();
    place("o-9", "c-1", "placed");
    eventually(() -> client.rows().containsKey("o-9"));
  }

  @Test
  void of_a_filter_it_is_told_what_enters_what_changes_and_what_leaves_and_nothing_else() {
    var client = watch("/orders?status=placed");
    eventually(() -> client.rows().keySet().equals(java.util.Set.of("o-1", "o-2")));
    status("o-3", "delivered");
    status("o-1", "shipped");
    eventually(() -> client.rows().keySet().equals(java.util.Set.of("o-2")));
    assertThat(client.last().data().toString()).isEqualTo("{\"rows\":[],\"gone\":[\"o-1\"]}");
    assertThat(client.names()).as("o-3 is none of its business").hasSize(2);
    status("o-3", "placed");
    eventually(() -> client.rows().keySet().equals(java.util.Set.of("o-2", "o-3")));
    Rows.change("orders", "UPDATE orders_g1 SET review_count = 1 WHERE order_id = 'o-2'", "o-2");
    eventually(() -> client.rows().get("o-2").get("reviews").asInt() == 1);
    delete("o-3");
    eventually(() -> client.rows().keySet().equals(java.util.Set.of("o-2")));
    var within = watch("/customers/c-2/orders");
    place("o-4", "c-2", "placed");
    eventually(() -> within.rows().keySet().equals(java.util.Set.of("o-4")));
  }

  @Test
  void clients_of_lists_whose_filters_read_alike_are_each_told_their_own() {
    var whose = watch("/customers/" + encoded("c-1], orderId=[o-7") + "/orders");
    var one = watch("/customers/c-1/orders?orderId=o-7");
    eventually(
        () ->
            whose.names().equals(List.of("state"))
                && one.names().equals(List.of("state"))
                && one.rows().isEmpty());
    place("o-7", "c-1", "placed");
    eventually(() -> one.rows().containsKey("o-7"));
    place("o-8", "c-1], orderId=[o-7", "placed");
    eventually(() -> whose.rows().containsKey("o-8"));
    assertThat(whose.rows()).containsOnlyKeys("o-8");
    assertThat(one.rows()).containsOnlyKeys("o-7");
  }

  private static String encoded(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  @Test
  void filters_with_comparisons_and_fewer_members_can_be_watched_too() {
    var client =
        watch(
            "/orders?status%5Bin%5D=placed,shipped&placedAt%5Bgt%5D=2018-01-31T12:00:00Z&fields=orderId,status");
    eventually(() -> client.rows().keySet().equals(java.util.Set.of("o-2", "o-3")));
    assertThat(client.rows().get("o-2").toString())
        .isEqualTo("{\"orderId\":\"o-2\",\"status\":\"placed\"}");
    status("o-1", "shipped");
    status("o-2", "delivered");
    eventually(() -> client.rows().keySet().equals(java.util.Set.of("o-3")));
    status("o-3", "placed");
    eventually(() -> statusOf(client, "o-3").equals("placed"));
  }

  @Test
  void a_list_begins_with_its_first_rows_in_order_and_says_whether_there_are_more() {
    var client = watch("/orders?limit=2&sort=placedAt");
    eventually(() -> client.names().equals(List.of("state")));
    assertThat(client.last().data().get("more").asBoolean()).isTrue();
    assertThat(client.last().data().get("rows").findValuesAsText("orderId"))
        .containsExactly("o-1", "o-2");
    status("o-3", "delivered");
    eventually(() -> client.rows().containsKey("o-3"));
  }

  @Test
  void what_a_transaction_changes_is_told_at_once() {
    var client = watch("/orders");
    eventually(() -> client.rows().size() == 3);
    Rows.change("orders", "UPDATE orders_g1 SET status = 'delivered'", "o-1", "o-2", "o-3");
    eventually(() -> client.names().size() == 2);
    assertThat(client.last().data().get("rows").findValuesAsText("status"))
        .containsExactly("delivered", "delivered", "delivered");
  }

  @Test
  void who_returns_is_told_what_it_has_missed_and_no_more() {
    var before = watch("/orders");
    var row = watch("/orders/o-2");
    eventually(() -> before.rows().size() == 3 && row.rows().size() == 1);
    before.close();
    row.close();
    status("o-1", "confirmed");
    delete("o-3");
    var list = resume("/orders", before);
    eventually(() -> list.names().equals(List.of("change")));
    assertThat(list.rows()).containsOnlyKeys("o-1", "o-2");
    assertThat(list.last().data().get("rows").findValuesAsText("orderId")).containsExactly("o-1");
    assertThat(statusOf(list, "o-1")).isEqualTo("confirmed");

    var same = resume("/orders/o-2", row);
    eventually(() -> same.signs() > 0);
    status("o-2", "shipped");
    eventually(() -> statusOf(same, "o-2").equals("shipped"));
    assertThat(same.names()).as("nothing had happened to it").containsExactly("change");
  }

  @Test
  void who_returns_to_a_filter_is_told_what_has_left_it_meanwhile_and_what_leaves_later() {
    var before = watch("/orders?status=placed");
    eventually(() -> before.rows().size() == 2);
    before.close();
    eventually(() -> clients() == 0);
    status("o-1", "shipped");
    status("o-3", "placed");
    var client = resume("/orders?status=placed", before);
    eventually(() -> client.rows().keySet().equals(java.util.Set.of("o-2", "o-3")));
    assertThat(client.names()).containsExactly("change");
    status("o-2", "shipped");
    eventually(() -> client.rows().keySet().equals(java.util.Set.of("o-3")));
  }

  @Test
  void who_was_away_for_longer_than_changes_are_kept_is_told_everything_anew() {
    var before = watch("/orders");
    eventually(() -> before.rows().size() == 3);
    before.close();
    status("o-1", "confirmed");
    Rows.asOwner(
        """
        WITH pruned AS (DELETE FROM view_change RETURNING relation, xid)
        INSERT INTO view_change_pruned SELECT relation, max(xid) FROM pruned GROUP BY relation""");
    var client = resume("/orders", before);
    eventually(() -> client.names().equals(List.of("reset", "state")));
    assertThat(client.events().getFirst().data().get("reason").asText()).isEqualTo("too-old");
    assertThat(statusOf(client, "o-1")).isEqualTo("confirmed");
  }

  @Test
  void an_id_that_is_not_of_this_query_leads_to_everything_anew() {
    var row = watch("/orders/o-1");
    eventually(() -> row.rows().size() == 1);
    var forged =
        Base64.getUrlEncoder().encodeToString("1/00000001/0/1:1:".getBytes(StandardCharsets.UTF_8));
    for (var id : List.of(row.id(), "%%%", forged, "x".repeat(7000))) {
      var client = EventStream.open(root.resolve("/orders"), "orderId", id, Map.of(), _ -> {});
      open.add(client);
      eventually(() -> client.names().equals(List.of("reset", "state")));
      assertThat(client.events().getFirst().data().get("reason").asText()).isEqualTo("unknown-id");
    }
  }

  @Test
  void a_swap_of_generations_is_told_as_everything_anew() throws SQLException {
    var list = watch("/orders?status=placed");
    var row = watch("/orders/o-1");
    var left = watch("/orders/o-2");
    eventually(() -> list.rows().size() == 2 && row.rows().size() == 1 && left.rows().size() == 1);
    left.close();
    Rows.asOwner(
        """
        INSERT INTO view_generation (view, generation, view_version, state) VALUES ('orders', 2, 1, 'building');
        CREATE TABLE orders_g2 (LIKE orders_g1 INCLUDING ALL);
        GRANT SELECT, INSERT, UPDATE, DELETE ON orders_g2 TO headrace_projection;
        INSERT INTO orders_g2 SELECT * FROM orders_g1;
        UPDATE orders_g2 SET customer_id = 'of generation 2'""");
    try {
      live(1, 2);
      eventually(() -> list.names().equals(List.of("state", "reset", "state")));
      eventually(() -> row.names().equals(List.of("state", "reset", "state")));
      assertThat(list.events().get(1).data().get("reason").asText()).isEqualTo("replaced");
      assertThat(row.rows().get("o-1").get("customerId").asText()).isEqualTo("of generation 2");
      var back = resume("/orders/o-2", left);
      eventually(() -> back.names().equals(List.of("reset", "state")));
      Rows.change(
          "orders", "UPDATE orders_g2 SET status = 'shipped' WHERE order_id = 'o-1'", "o-1");
      eventually(() -> list.rows().keySet().equals(java.util.Set.of("o-2")));
    } finally {
      live(2, 1);
      Rows.asOwner(
          "DROP TABLE orders_g2; DELETE FROM view_generation WHERE view = 'orders' AND generation = 2");
    }
  }

  private static void live(int from, int to) {
    Rows.asOwner(
        """
        UPDATE view_generation SET state = 'retired' WHERE view = 'orders' AND generation = %d;
        UPDATE view_generation SET state = 'live' WHERE view = 'orders' AND generation = %d;
        CREATE OR REPLACE VIEW orders AS SELECT * FROM orders_g%d;
        SELECT pg_notify('headrace_views', 'orders:%d')"""
            .formatted(from, to, to, to));
  }

  @Test
  void more_changes_at_once_than_are_told_one_by_one_lead_to_everything_anew() throws SQLException {
    var list = watch("/orders?limit=1");
    var row = watch("/orders/o-2");
    eventually(() -> list.rows().size() == 1 && row.rows().size() == 1);
    var keys = new String[400];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = "k-" + i;
    }
    Rows.change("orders", "UPDATE orders_g1 SET status = 'delivered'", keys);
    eventually(() -> list.names().equals(List.of("state", "reset", "state")));
    eventually(() -> statusOf(row, "o-2").equals("delivered"));
    assertThat(row.events().get(1).data().get("reason").asText()).isEqualTo("too-many-changes");
  }

  @Test
  void a_transaction_that_runs_for_long_elsewhere_holds_nothing_up_and_is_told_when_it_commits()
      throws SQLException {
    var client = watch("/orders");
    eventually(() -> client.rows().size() == 3);
    try (var slow = Rows.projection();
        var statement = slow.createStatement()) {
      slow.setAutoCommit(false);
      statement.execute("UPDATE orders_g1 SET status = 'rejected' WHERE order_id = 'o-3'");
      Rows.note(slow, "orders", "o-3");
      status("o-1", "confirmed");
      eventually(() -> statusOf(client, "o-1").equals("confirmed"));
      status("o-2", "confirmed");
      eventually(() -> statusOf(client, "o-2").equals("confirmed"));
      assertThat(statusOf(client, "o-3")).isEqualTo("shipped");
      slow.commit();
    }
    eventually(() -> statusOf(client, "o-3").equals("rejected"));
    assertThat(client.events()).as("each change once").hasSize(4);
  }

  @Test
  void a_database_that_is_lost_and_comes_back_costs_the_client_nothing() {
    var client = watch("/orders");
    eventually(() -> client.rows().size() == 3);
    var postgres = LocalStackResource.postgres();
    postgres.kill();
    try {
      given()
          .accept("text/event-stream")
          .get("/orders")
          .then()
          .statusCode(503)
          .contentType(startsWith("application/problem+json"))
          .header("Retry-After", equalTo("1"));
    } finally {
      postgres.start();
    }
    eventually(
        () -> {
          try {
            status("o-1", "confirmed");
            return true;
          } catch (IllegalStateException e) {
            return false;
          }
        });
    eventually(() -> statusOf(client, "o-1").equals("confirmed"));
    assertThat(client.isEnded()).isFalse();
    eventually(() -> given().get("/orders").statusCode() == 200);
  }

  @Test
  void while_no_worker_writes_the_client_gets_signs_of_life_and_a_newer_id() {
    Rows.execute(
        "INSERT INTO view_partition VALUES ('orders', 1, 'ordering.events', 0, 12, 5, '2018-01-31 12:00:00+00', now())");
    eventually(() -> given().get("/orders").header("View-Position").contains("events=5"));
    var client = watch("/orders/o-1");
    assertThat(client.response().headers().firstValue("View-Position").orElseThrow())
        .contains("newest=\"2018-01-31T12:00:00Z\"");
    eventually(() -> client.signs() >= 3);
    assertThat(client.names()).containsExactly("state");
  }

  @Test
  void a_client_that_does_not_read_is_dropped_and_told_why_and_can_go_on() throws Exception {
    for (int i = 0; i < 100; i++) {
      Rows.placed("big-" + i, "c-1", "placed", NOON);
    }
    var keys = new String[100];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = "big-" + i;
    }
    try (var socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(new InetSocketAddress(root.getHost(), root.getPort()));
      socket
          .getOutputStream()
          .write(
              "GET /orders HTTP/1.0\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      eventually(() -> clients() == 1);
      var reason = "x".repeat(2000);
      for (int i = 0; clients() > 0; i++) {
        assertThat(i).as("rounds").isLessThan(1000);
        Rows.change(
            "orders",
            "UPDATE orders_g1 SET review_count = %d, cancel_reason = '%s' WHERE order_id LIKE 'big-%%'"
                .formatted(i, reason),
            keys);
      }
      socket.setSoTimeout(20_000);
      var all = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(all).contains("event: state").contains("event: change");
      assertThat(all.strip().lines().skip(all.strip().lines().count() - 2).toList())
          .first()
          .isEqualTo("event: end");
      assertThat(all.strip()).endsWith("It may go on with Last-Event-ID.\"}");
      assertThat(metric("headrace_query_live_dropped_total")).isPositive();
      var id = all.substring(all.lastIndexOf("\nid: ") + 5).lines().findFirst().orElseThrow();
      var client = EventStream.open(root.resolve("/orders"), "orderId", id, Map.of(), _ -> {});
      open.add(client);
      eventually(() -> client.names().contains("change"));
    }
  }

  @Test
  void more_clients_than_allowed_are_refused() {
    for (int i = 0; i < 40; i++) {
      watch("/orders/o-1");
    }
    given()
        .accept("text/event-stream")
        .get("/orders/o-1")
        .then()
        .statusCode(503)
        .contentType(startsWith("application/problem+json"))
        .body("type", equalTo("urn:headrace:problem:overloaded"));
    open.removeFirst().close();
    eventually(() -> clients() == 39);
    var client = watch("/orders/o-1");
    eventually(() -> client.rows().size() == 1);
  }

  @Test
  void a_row_that_cannot_be_told_ends_the_streams_that_it_is_in_and_no_other() {
    var list = watch("/orders");
    var row = watch("/orders/o-2");
    eventually(() -> list.rows().size() == 3 && row.rows().size() == 1);
    Rows.change(
        "orders",
        "UPDATE orders_g1 SET lines = '[{\"quantity\": \"many\"}]' WHERE order_id = 'o-1'",
        "o-1");
    eventually(list::isEnded);
    assertThat(list.last().name()).isEqualTo("end");
    assertThat(list.last().data().get("reason").asText()).isEqualTo("internal-error");
    status("o-2", "shipped");
    eventually(() -> statusOf(row, "o-2").equals("shipped"));
    given().accept("text/event-stream").get("/orders/o-1").then().statusCode(500);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /orders?stauts=placed     | 400 | unknown-parameter | stauts
          /orders?status=lost       | 400 | invalid-parameter | status
          /orders?limit=0           | 400 | invalid-parameter | limit
          /orders/o-1?status=placed | 400 | unknown-parameter | status
          /orders?fields=nothing    | 400 | invalid-parameter | fields
          /nothing                  | 404 | not-found         |
          /nothing/1                | 404 | not-found         |
          """)
  void what_cannot_be_read_cannot_be_watched(String path, int status, String type, String field) {
    given()
        .accept("text/event-stream")
        .get(path)
        .then()
        .statusCode(status)
        .contentType(startsWith("application/problem+json"))
        .body("type", equalTo("urn:headrace:problem:" + type))
        .body("field", equalTo(field));
  }

  @Test
  void the_same_is_there_as_a_stream_for_other_protocols() {
    var view =
        (ResourceView<?, ?, ?>)
            views.stream().filter(it -> it.name().equals("orders")).findFirst().orElseThrow();
    var heard = new java.util.concurrent.CopyOnWriteArrayList<Integer>();
    var stream = events(view).subscribe().with(event -> heard.add(event.rows().size()));
    eventually(() -> heard.equals(List.of(1)));
    delete("o-1");
    eventually(() -> heard.equals(List.of(1, 0)));
    stream.cancel();
    eventually(() -> clients() == 0);
  }

  private <E> Multi<LiveEvent<E>> events(ResourceView<E, ?, ?> view) {
    return feeds.events(LiveQuery.row(view, "o-1", "", view::represent));
  }

  @Test
  void a_live_list_has_no_pages() {
    var link = given().get("/orders?limit=1").header("Link");
    var next = link.substring(link.indexOf('<') + 1, link.indexOf('>'));
    given()
        .urlEncodingEnabled(false)
        .accept("text/event-stream")
        .get(next)
        .then()
        .statusCode(400)
        .body("field", equalTo("after"))
        .body("detail", containsString("begins"));
    given()
        .accept("text/event-stream")
        .get("/orders?total=true")
        .then()
        .statusCode(400)
        .body("field", equalTo("total"));
  }

  @Test
  void who_accepts_anything_gets_json() throws IOException {
    for (var accept : List.of("*/*", "application/json, text/event-stream;q=0.5")) {
      given()
          .header("Accept", accept)
          .get("/orders/o-1")
          .then()
          .statusCode(200)
          .contentType("application/json");
    }
    given()
        .accept("text/event-stream")
        .head("/orders/o-1")
        .then()
        .statusCode(200)
        .contentType(startsWith("text/event-stream"));
  }

  private EventStream watch(String path) {
    var client = EventStream.open(root.resolve(path), "orderId");
    open.add(client);
    assertThat(client.response().statusCode()).isEqualTo(200);
    assertThat(client.response().headers().firstValue("Content-Type").orElseThrow())
        .startsWith("text/event-stream");
    return client;
  }

  private EventStream resume(String path, EventStream before) {
    var client =
        EventStream.open(root.resolve(path), "orderId", before.id(), before.rows(), _ -> {});
    open.add(client);
    return client;
  }

  private static String statusOf(EventStream client, String orderId) {
    JsonNode row = client.rows().get(orderId);
    return row == null ? "" : row.get("status").asText();
  }

  private static void status(String orderId, String status) {
    Rows.change(
        "orders",
        "UPDATE orders_g1 SET status = '%s' WHERE order_id = '%s'".formatted(status, orderId),
        orderId);
  }

  private static void delete(String orderId) {
    Rows.change(
        "orders", "DELETE FROM orders_g1 WHERE order_id = '%s'".formatted(orderId), orderId);
  }

  private static void place(String orderId, String customerId, String status) {
    Rows.placed(orderId, customerId, status, NOON.plusSeconds(9));
    Rows.change("orders", "SELECT 1", orderId);
  }

  private static int clients() {
    return (int) metric("headrace_query_live_clients");
  }

  private static double metric(String name) {
    return given()
        .get("/q/metrics")
        .asString()
        .lines()
        .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private static void eventually(Callable<Boolean> condition) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(condition);
  }
}
