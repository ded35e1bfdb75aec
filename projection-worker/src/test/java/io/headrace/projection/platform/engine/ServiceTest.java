package io.headrace.projection.platform.engine;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasKey;

import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.IndexableText;
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
import io.restassured.response.ValidatableResponse;
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
@WithTestResource(EventLogResource.class)
class ServiceTest {

  /** More than an index takes, and it cannot be compressed to less. */
  private static final String LARGE =
      new Random(1)
          .ints(6_000, 'A', 'Z')
          .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
          .toString();

  private static final String LONG = "long-".repeat(600);

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
    List<Published> events = Environment.interleaved(catalogue, lives, new Random(1));
    EventLogServer.append(LocalStackResource.postgres(), events);
    relay.publish(events);

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
        .body(containsString("headrace_view_events_total{generation=\"1\",view=\"orders\"}"))
        .body(containsString("headrace_view_lag_seconds"))
        .body(containsString("headrace_view_age_seconds"));

    get("/views/orders/rebuild").then().statusCode(404);
    given()
        .contentType("application/json")
        .body("{\"eventsPerSecond\": 0}")
        .post("/views/orders/rebuild")
        .then()
        .statusCode(400)
        .body("field", equalTo("eventsPerSecond"));
    given().contentType("application/json").post("/views/nonsense/rebuild").then().statusCode(404);
    post("/views/orders/rollback").then().statusCode(409);
    given()
        .contentType("application/json")
        .body("{\"eventsPerSecond\": 100000, \"note\": \"to see it done\"}")
        .post("/views/orders/rebuild")
        .then()
        .statusCode(202)
        .body("phase", equalTo("log"))
        .body("eventsTotal", greaterThan(200));
    await()
        .atMost(Duration.ofSeconds(40))
        .untilAsserted(
            () ->
                get("/views/orders/rebuild")
                    .then()
                    .statusCode(200)
                    .body("phase", equalTo("swapped"))
                    .body("comparison.samePosition", equalTo(true)));
    get("/views")
        .then()
        .body("find { it.view == 'orders' }.generation", equalTo(2))
        .body("find { it.view == 'orders' }.generations.size()", equalTo(2));
    assertThat(rows(orders)).isEqualTo(expected);
    assertThat(indexes("orders_g2")).isEqualTo(indexes("orders_g1")).hasSize(4);
    assertThat(query("SELECT attname FROM pg_stats WHERE tablename = 'orders_g2'"))
        .as("columns whose values the planner knows when readers come")
        .contains("order_id", "customer_id", "status", "placed_at");
    post("/views/orders/rollback").then().statusCode(200).body("generation", equalTo(1));
    assertThat(rows(orders)).isEqualTo(expected);
  }

  @Test
  void a_gap_heals_by_itself_when_the_event_log_has_what_kafka_did_not_deliver() throws Exception {
    double before = healed();
    List<Published> events = new ArrayList<>();
    for (int i = 1; i <= 600; i++) {
      events.add(event("healed", i, new Moved("h1", "h2", 1)));
    }
    EventLogServer.append(LocalStackResource.postgres(), events);
    relay.publish(
        List.of(events.get(0), events.get(2), events.get(3), events.get(598), events.get(599)));
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> new Account("h2", 600, 600).equals(rows(accounts).get("h2")));
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> query("SELECT 1 FROM parked_lane WHERE lane = 'healed'").isEmpty());
    assertThat(healed() - before).isEqualTo(595);
  }

  private static double healed() {
    String name = "headrace_view_gaps_healed_total{generation=\"1\",view=\"accounts\"} ";
    return get("/q/metrics")
        .asString()
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .sum();
  }

  @Test
  void a_gap_heals_around_rows_that_are_refused() throws Exception {
    List<Published> events =
        List.of(
            event("around", 1, new Moved("q1", "q2", 1)),
            event("around", 2, new Moved("q3" + LARGE, "q4", 1)),
            event("around", 3, new Moved("q5" + LARGE, "q6", 1)),
            event("around", 4, new Moved("q1", "q2", 1)));
    EventLogServer.append(LocalStackResource.postgres(), events);
    // One of the two is healed, the other waits for it.
    relay.publish(List.of(events.get(0), events.get(2), events.get(3)));
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> new Account("q2", 2, 2).equals(rows(accounts).get("q2")));
    assertThat(rows(accounts))
        .containsEntry("q4", new Account("q4", 1, 1))
        .containsEntry("q6", new Account("q6", 1, 1));
    String refused = IndexableText.of("q3" + LARGE);
    String refusedToo = IndexableText.of("q5" + LARGE);
    assertThat(lanes())
        .contains("key %s refused".formatted(refused), "key %s refused".formatted(refusedToo));
    assertThat(lanes()).doesNotContain("stream around gap", "stream around refused");
    assertThat(parked(refused)).containsExactly("around@2");
    assertThat(parked(refusedToo)).containsExactly("around@3");
    for (String table : List.of("parked_event", "parked_lane")) {
      execute("DELETE FROM %s WHERE lane IN ('%s', '%s')".formatted(table, refused, refusedToo));
    }
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
            event("nul", 2, new Moved("n1\0", "n3", 1)),
            // Too large for an index; and long, but an index would take it, compressed.
            event("large", 1, new Moved(LARGE, "w1", 1)),
            event("large", 2, new Moved("w1", LARGE, 1)),
            event("long", 1, new Cursed(LONG, false)),
            event(LARGE, 1, new Moved("t1", "t2", 1)),
            event(LARGE, 2, new Moved("t1", "t2", 1)),
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
        .until(() -> rows(accounts).containsKey("l1"));
    assertThat(lanes())
        .containsExactlyInAnyOrder(
            "stream gap gap",
            "key c1 failed",
            "key r1 refused",
            "key " + IndexableText.of("n1\0") + " refused",
            "key " + IndexableText.of(LARGE) + " refused",
            "key " + IndexableText.of(LONG) + " failed",
            "stream undecodable undecodable",
            "record undecodable",
            "record undecodable",
            "record undecodable");
    assertThat(parked("gap")).containsExactly("gap@3", "gap@4");
    assertThat(parked("c1")).containsExactly("cursed@2", "cursed@3");
    assertThat(parked("r1")).containsExactly("refused@1", "refused@2");
    assertThat(parked(IndexableText.of("n1\0"))).containsExactly("nul@1", "nul@2");
    assertThat(parked(IndexableText.of(LARGE))).containsExactly("large@1", "large@2");
    assertThat(parked(IndexableText.of(LONG))).containsExactly("long@1");
    assertThat(parked("undecodable")).containsExactly("undecodable@1", "undecodable@2");
    Map<String, Account> rows = rows(accounts);
    assertThat(rows)
        .containsEntry("g2", new Account("g2", 1, 1))
        .containsEntry("c1", new Account("c1", -1, 1))
        .containsEntry("c2", new Account("c2", 11, 2))
        .containsEntry("r2", new Account("r2", 5_000, 1))
        .containsEntry("r3", new Account("r3", 1, 1))
        .containsEntry("n2", new Account("n2", 1, 1))
        .containsEntry("n3", new Account("n3", 1, 1))
        .containsEntry("w1", new Account("w1", 0, 2))
        .containsEntry("k2", new Account("k2", 1, 1))
        .doesNotContainKeys("r1", "t1", "u2", "x1");
    try (Connection connection = reader()) {
      assertThat(Environment.actualTotals(connection, accounts))
          .isEqualTo(Environment.sums(accounts, rows.values()));
    }
    get("/q/health/ready")
        .then()
        .statusCode(200)
        .body("checks.find { it.name == 'views' }.data.'accounts.parked.lanes'", equalTo(10));
    // The gauge is set when the views are looked at, now and then.
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                get("/q/metrics")
                    .then()
                    .body(containsString("headrace_view_parked_lanes{view=\"accounts\"} 10")));

    parkedEventsAreInspectedRedrivenAndDiscarded();
  }

  private void parkedEventsAreInspectedRedrivenAndDiscarded() throws Exception {
    get("/views/accounts/parked?limit=5").then().statusCode(200).body("lane", hasItems("c1", "r1"));
    get("/views/accounts/parked?after-kind=record&after-lane=zzz")
        .then()
        .body("lane", hasItems("gap", "undecodable"));
    get("/views/accounts/parked/events?kind=key&lane=c1")
        .then()
        .statusCode(200)
        .body("streamVersion", contains(2, 3))
        .body("[0].cause", containsString("cursed"))
        .body("[0].payload.account", equalTo("c1"))
        .body("[0].headers.ce_subject", equalTo("cursed"));
    get("/views/accounts/parked/events?kind=nonsense&lane=c1")
        .then()
        .statusCode(400)
        .body("field", equalTo("kind"));

    // The cause is not mended yet.
    post("/views/accounts/parked/redrive?kind=key&lane=c1")
        .then()
        .statusCode(200)
        .body("events", equalTo(0))
        .body("left", equalTo(2))
        .body("failures.'key c1'", containsString("cursed"));
    get("/views/accounts/parked").then().body("find { it.lane == 'c1' }.attempts", equalTo(1));
    AccountsView.mended = true;
    post("/views/accounts/parked/redrive?kind=key&lane=c1")
        .then()
        .body("events", equalTo(2))
        .body("left", equalTo(0));
    assertThat(rows(accounts)).containsEntry("c1", new Account("c1", -11, 2));

    post("/views/accounts/parked/redrive?kind=key&lane=r1")
        .then()
        .body("left", equalTo(2))
        .body("failures.'key r1'", containsString("balance_check"));
    execute("ALTER TABLE accounts_g1 DROP CONSTRAINT accounts_g1_balance_check");
    // All: those that cannot be helped stay.
    post("/views/accounts/parked/redrive")
        .then()
        .body("lanes", equalTo(9))
        .body("events", equalTo(3))
        .body("failures", hasKey("key " + IndexableText.of("n1\0")))
        .body(
            "failures.'key %s'".formatted(IndexableText.of(LARGE)),
            containsString("exceeds btree version 4 maximum"));
    assertThat(rows(accounts))
        .containsEntry("r1", new Account("r1", -5_001, 2))
        .as("the key, not what the lane is called")
        .containsEntry(LONG, new Account(LONG, 0, 0));
    assertThat(lanes()).hasSize(7);

    given()
        .contentType("application/json")
        .body("{\"by\": \"operator\"}")
        .post("/views/accounts/parked/discard?kind=stream&lane=gap")
        .then()
        .statusCode(400)
        .body("field", equalTo("note"));
    discard("stream", "gap").body("discarded", equalTo(1)).body("redriven.events", equalTo(2));
    discard("stream", "undecodable").body("redriven.events", equalTo(1));
    for (String record : query("SELECT lane FROM parked_lane WHERE kind = 'record'")) {
      discard("record", record).body("redriven.left", equalTo(0));
    }
    for (String key : List.of(IndexableText.of("n1\0"), IndexableText.of(LARGE))) {
      discard("key", key).body("discarded", equalTo(1)).body("redriven.left", equalTo(1));
      discard("key", key).body("discarded", equalTo(1)).body("redriven.left", equalTo(0));
    }
    assertThat(lanes()).isEmpty();
    Map<String, Account> rows = rows(accounts);
    assertThat(rows)
        .containsEntry("g2", new Account("g2", 111, 3))
        .containsEntry("u2", new Account("u2", 1, 1));
    try (Connection connection = reader()) {
      assertThat(Environment.actualTotals(connection, accounts))
          .isEqualTo(Environment.sums(accounts, rows.values()));
    }
    get("/views/accounts/parked/discarded")
        .then()
        .body("size()", equalTo(9))
        .body("by", hasItems("operator"))
        .body("find { it.lane == 'gap' }.firstVersion", equalTo(2))
        .body("find { it.lane == 'gap' }.note", equalTo("cannot be helped"));
    // A stream that was redriven goes on as if nothing had been.
    relay.publish(List.of(event("gap", 5, new Moved("g1", "g2", 1_000))));
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> new Account("g2", 1_111, 4).equals(rows(accounts).get("g2")));
  }

  /** Without the names. */
  private static List<String> indexes(String table) throws SQLException {
    return query(
        "SELECT regexp_replace(indexdef, '^.* USING ', '') FROM pg_indexes WHERE tablename = '%s' ORDER BY 1"
            .formatted(table));
  }

  private static ValidatableResponse discard(String kind, String lane) {
    return given()
        .contentType("application/json")
        .body("{\"by\": \"operator\", \"note\": \"cannot be helped\"}")
        .queryParam("kind", kind)
        .queryParam("lane", lane)
        .post("/views/accounts/parked/discard")
        .then()
        .statusCode(200);
  }

  @Test
  void a_view_whose_tables_were_never_made_is_named_by_readiness() throws Exception {
    String live =
        query("SELECT generation FROM view_generation WHERE view = 'accounts' AND state = 'live'")
            .getFirst();
    execute(
        "UPDATE view_generation SET state = 'retired' WHERE view = 'accounts' AND generation = "
            + live);
    try {
      get("/q/health/ready")
          .then()
          .statusCode(503)
          .body(
              "checks.find { it.name == 'views' }.data.failure",
              containsString("view accounts has no live generation"));
      get("/views")
          .then()
          .statusCode(503)
          .body("type", equalTo("urn:headrace:problem:view-not-there"))
          .body("detail", containsString("a migration has to create its tables"));
    } finally {
      execute(
          "UPDATE view_generation SET state = 'live' WHERE view = 'accounts' AND generation = "
              + live);
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> get("/q/health/ready").then().statusCode(200));
  }

  @Test
  void what_folds_events_is_refused_while_the_live_generation_is_of_another_version()
      throws Exception {
    for (int version : List.of(0, 2)) {
      liveVersion(version);
      try {
        get("/views/accounts/parked").then().statusCode(200);
        for (String work :
            List.of("redrive", "redrive?kind=key&lane=x", "discard?kind=key&lane=x")) {
          given()
              .contentType("application/json")
              .body("{\"by\": \"operator\", \"note\": \"cannot be helped\"}")
              .post("/views/accounts/parked/" + work)
              .then()
              .statusCode(409)
              .body("type", equalTo("urn:headrace:problem:conflict"))
              .body("detail", containsString("ask a worker that has version " + version));
        }
        if (version == 2) {
          given()
              .contentType("application/json")
              .post("/views/accounts/rebuild")
              .then()
              .statusCode(409)
              .body("detail", containsString("ask a worker that has version 2"));
        }
      } finally {
        liveVersion(1);
      }
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> get("/q/health/ready").then().statusCode(200));
  }

  @Test
  void whatever_is_wrong_with_a_request_is_answered_as_a_problem() {
    refused(get("/nonsense"), 404, "unknown");
    refused(given().put("/views"), 405, "method-not-allowed");
    String rebuild = "/views/accounts/rebuild";
    String discard = "/views/accounts/parked/discard?kind=key&lane=x";
    refused(
        given().contentType("text/plain").body("x").post(rebuild), 415, "unsupported-media-type");
    invalid(json("{\"accept\": tr", rebuild), "body");
    invalid(json("[1]", rebuild), "body");
    invalid(json("{\"eventsPerSecond\": \"many\"}", rebuild), "eventsPerSecond");
    invalid(json("{\"accept\": true, \"by\": \"x\\u0000\"}", rebuild), "by");
    invalid(json("{\"note\": \"\\u0000\"}", rebuild), "note");
    invalid(json("{\"by\": \"x\", \"note\": \"\\u0000\"}", rebuild + "/accept"), "note");
    invalid(json("{\"by\": \"x\\ny\", \"note\": \"a\\nb\"}", discard), "by");
    invalid(json("{\"by\": \"x\", \"note\": \"\\u0000\"}", discard), "note");
    String parked = "/views/accounts/parked";
    invalid(get(parked + "?limit=abc"), "limit");
    invalid(get(parked + "/discarded?limit=0"), "limit");
    invalid(get(parked + "?after-kind=nonsense&after-lane=x"), "after-kind");
    invalid(given().queryParam("lane", "\0").get(parked + "/events?kind=key"), "lane");
    invalid(given().queryParam("lane", "\0").post(parked + "/redrive?kind=key"), "lane");
    invalid(post(parked + "/redrive?after-kind=key"), "after-lane");
  }

  private static io.restassured.response.Response json(String body, String path) {
    return given().contentType("application/json").body(body).post(path);
  }

  private static void invalid(io.restassured.response.Response answer, String field) {
    refused(answer, 400, "invalid").body("field", equalTo(field));
  }

  private static ValidatableResponse refused(
      io.restassured.response.Response answer, int status, String type) {
    return answer
        .then()
        .statusCode(status)
        .contentType("application/problem+json")
        .body("type", equalTo("urn:headrace:problem:" + type))
        .body("status", equalTo(status));
  }

  @Test
  void postgresql_is_said_not_to_answer_when_it_does_not_and_a_defect_shows_nothing_of_itself() {
    ProblemResponses problems = new ProblemResponses();
    for (String state : new String[] {"08006", "53300", "57P01", "58030", null}) {
      assertThat(problems.failed(new SQLException("secret", state)).getStatus()).isEqualTo(503);
    }
    for (SQLException each :
        List.of(new SQLException("secret", "22021"), new SQLException("secret", "42703"))) {
      assertThat(problems.failed(each).getStatus()).isEqualTo(500);
      assertThat(problems.failed(each).getEntity().toString()).doesNotContain("secret");
    }
    assertThat(problems.defect(new IllegalStateException("secret")).getEntity().toString())
        .contains("internal-error")
        .doesNotContain("secret");
  }

  private static void liveVersion(int version) throws SQLException {
    execute(
        "UPDATE view_generation SET view_version = %d WHERE view = 'accounts' AND state = 'live'"
            .formatted(version));
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = LocalStackResource.postgres().connect(PostgresServer.VIEWS)) {
      connection.createStatement().execute(sql);
    }
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
