package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.lessThan;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import io.headrace.events.platform.ConsistencyToken;
import io.headrace.events.platform.ConsistencyTokens;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class ReadYourWritesTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String TOKEN = "Consistency-Token";
  private static final ConsistencyTokens TOKENS = new ConsistencyTokens(List.of("headrace"));
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TestHTTPResource URI root;

  @BeforeEach
  void a_view_that_takes_two_topics() {
    Rows.clear();
    Rows.execute(
        """
        INSERT INTO view_topic VALUES
          ('orders', 1, 'ordering.events'), ('orders', 1, 'payment.events')""");
    Rows.placed("o-1", "c-1", "placed", Instant.parse("2018-01-31T12:00:00Z"));
    Rows.applied("order-o-1", 1);
  }

  @AfterAll
  static void close() {
    CLIENT.close();
  }

  private static String token(String context, String streamId, long version) {
    return TOKENS.encode(new ConsistencyToken(context, streamId, version));
  }

  private static String order(long version) {
    return token("ordering", "order-o-1", version);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/orders/o-1", "/orders", "/customers/c-1/orders", "/orders?status=placed"})
  void what_the_view_has_already_is_answered_as_without_a_token(String path) {
    given()
        .header(TOKEN, order(1))
        .header("Prefer", "wait=0")
        .get(path)
        .then()
        .statusCode(200)
        .header("View-Position", not(containsString("behind")))
        .header("Preference-Applied", equalTo("wait=0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/orders/o-1", "/orders", "/sellers/s-1"})
  void a_query_with_a_token_is_answered_once_the_view_has_applied_that_version(String path) {
    Rows.execute("INSERT INTO sellers_g1 VALUES ('s-1', 'BRL', 1, 1, 10, 0, 0, 0)");
    var answer = send(path, order(3), "wait=10");
    awaitWaiting(1);
    Rows.applied("order-o-1", 2);
    awaitWaiting(1);
    Rows.execute("UPDATE orders_g1 SET status = 'confirmed'; UPDATE sellers_g1 SET orders = 7");
    Rows.applied("order-o-1", 3);
    var seen = answer.join();
    assertThat(seen.statusCode()).as(seen.body()).isEqualTo(200);
    assertThat(seen.body()).containsAnyOf("\"confirmed\"", "\"orders\":7");
    awaitWaiting(0);
  }

  @Test
  void a_link_may_carry_the_token_and_the_links_of_the_answer_do_not() {
    Rows.placed("o-2", "c-1", "placed", Instant.parse("2018-01-31T13:00:00Z"));
    given()
        .queryParam("consistency", order(1))
        .queryParam("limit", 1)
        .get("/orders")
        .then()
        .statusCode(200)
        .header("Link", containsString("limit=1"))
        .header("Link", not(containsString("consistency")));
    get("/orders/o-1?consistency=" + order(2) + "&Prefer=x").then().statusCode(400);
    given()
        .header("Prefer", "wait=0")
        .get("/orders/o-1?consistency=" + order(2))
        .then()
        .statusCode(503);
  }

  @Test
  void on_time_out_the_problem_says_how_far_behind_the_view_is() {
    given()
        .header(TOKEN, order(3))
        .header("Prefer", "respond-async, wait=1")
        .get("/orders/o-1")
        .then()
        .statusCode(503)
        .contentType("application/problem+json")
        .header("Retry-After", equalTo("1"))
        .header("View-Position", containsString("view=\"orders\", generation=1"))
        .header("Preference-Applied", equalTo("wait=1"))
        .body("type", equalTo("urn:headrace:problem:view-behind"))
        .body("status", equalTo(503))
        .body("detail", endsWith("It has come to version 1 of order-o-1, not to version 3."))
        .body("missing", hasSize(1))
        .body("missing[0].streamId", equalTo("order-o-1"))
        .body("missing[0].wanted", equalTo(3))
        .body("missing[0].reached", equalTo(1))
        .body("missing[0].parked", equalTo(false));
  }

  @Test
  void how_old_the_view_is_says_when_to_come_back() {
    Rows.execute(
        """
        INSERT INTO view_freshness VALUES
          ('orders', 1, 'ordering.events', 0, now() - interval '12 seconds'),
          ('orders', 1, 'ordering.events', 1, now())""");
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              var answer =
                  given().header(TOKEN, order(3)).header("Prefer", "wait=0").get("/orders/o-1");
              assertThat(answer.jsonPath().getString("completeUntil")).isNotNull();
              assertThat(Integer.parseInt(answer.header("Retry-After"))).isBetween(12, 30);
            });
  }

  @Test
  void a_client_that_prefers_it_gets_the_stale_answer_and_it_is_marked() {
    given()
        .header(TOKEN, order(3))
        .header("Prefer", "wait=0")
        .header("Prefer", "handling=\"lenient\"")
        .get("/orders/o-1")
        .then()
        .statusCode(200)
        .header("View-Position", endsWith(", behind"))
        .header("Preference-Applied", equalTo("wait=0, handling=lenient"))
        .body("status", equalTo("placed"));
    given()
        .header(TOKEN, token("ordering", "order-o-9", 1))
        .header("Prefer", "handling=lenient; x=y, wait=0; z")
        .get("/orders/o-9")
        .then()
        .statusCode(404)
        .header("View-Position", endsWith(", behind"));
  }

  @Test
  void tokens_of_several_commands_are_waited_for_together() {
    var paid = token("payment", "payment-p-1", 1);
    var answer = send("/orders/o-1", order(2) + ", " + paid + "," + order(1), "wait=10");
    awaitWaiting(1);
    Rows.applied("order-o-1", 2);
    awaitWaiting(1);
    Rows.applied("payment-p-1", 4);
    assertThat(answer.join().statusCode()).isEqualTo(200);

    given()
        .header(TOKEN, order(3))
        .header(TOKEN, token("payment", "payment-p-2", 1))
        .header("Prefer", "wait=0")
        .queryParam("consistency", order(4))
        .get("/orders/o-1")
        .then()
        .statusCode(503)
        .body("missing.streamId.sort()", contains("order-o-1", "payment-p-2"))
        .body("missing.find { it.streamId == 'order-o-1' }.wanted", equalTo(4))
        .body("missing.find { it.streamId == 'payment-p-2' }.reached", equalTo(0));
  }

  @Test
  void a_view_that_does_not_take_the_stream_has_nothing_to_wait_for() {
    given()
        .header(TOKEN, token("review", "review-r-1", 1))
        .header("Prefer", "wait=0")
        .get("/orders/o-1")
        .then()
        .statusCode(200);
    // Unless no worker has said yet what the view takes.
    Rows.execute("DELETE FROM view_topic");
    given()
        .header(TOKEN, token("review", "review-r-1", 1))
        .header("Prefer", "wait=0")
        .get("/orders/o-1")
        .then()
        .statusCode(503);
  }

  @Test
  void a_view_without_progress_is_behind() {
    given()
        .header(TOKEN, order(1))
        .header("Prefer", "wait=0")
        .get("/almanac")
        .then()
        .statusCode(503)
        .body("missing[0].reached", nullValue());
  }

  @Test
  void a_forged_or_foreign_token_is_refused() {
    var ours = order(1);
    var foreign =
        new ConsistencyTokens(List.of("another platform's"))
            .encode(new ConsistencyToken("ordering", "order-o-1", 1));
    for (var bad :
        List.of(
            foreign,
            ours.substring(0, ours.length() - 2),
            "A" + ours.substring(1),
            "b3JkZXItby0xQDE", // order-o-1@1 in Base64, as it once was
            "'; DROP TABLE orders; --",
            ours + "," + foreign)) {
      given()
          .header(TOKEN, bad)
          .get("/orders/o-1")
          .then()
          .statusCode(400)
          .contentType("application/problem+json")
          .body("type", equalTo("urn:headrace:problem:invalid-parameter"))
          .body("field", equalTo(TOKEN));
      given()
          .queryParam("consistency", bad)
          .get("/orders")
          .then()
          .statusCode(400)
          .body("field", equalTo("consistency"));
    }
    given()
        .header(TOKEN, String.join(",", java.util.Collections.nCopies(21, ours)))
        .get("/orders/o-1")
        .then()
        .statusCode(400)
        .body("detail", containsString("at most 20"));
    // No token at all is none.
    given().header(TOKEN, " , ").get("/orders/o-1").then().statusCode(200);
  }

  @Test
  void a_preference_that_is_not_understood_is_ignored() {
    var answer =
        given()
            .header(TOKEN, order(1))
            .header("Prefer", "wait=soon, handling=strict, wait=-1, =, ;, return=minimal")
            .get("/orders/o-1");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.header("Preference-Applied")).isNull();
    given()
        .header(TOKEN, order(1))
        .header("Prefer", "wait=86400")
        .get("/orders/o-1")
        .then()
        .statusCode(200)
        .header("Preference-Applied", equalTo("wait=10"));
  }

  @Test
  void an_event_that_is_parked_is_missing_and_said_to_be_parked() {
    Rows.execute(
        """
        INSERT INTO parked_lane (view, generation, kind, lane, reason, cause)
          VALUES ('orders', 1, 'key', 'o-1', 'failed', 'a defect');
        INSERT INTO parked_event (view, generation, kind, lane, topic, partition, kafka_offset,
            headers, stream_id, stream_version, event_type)
          VALUES ('orders', 1, 'key', 'o-1', 'ordering.events', 0, 1, '{}', 'order-o-1', 2, 'x')""");
    // A parked event has moved its stream on, and is not in the row all the same.
    Rows.applied("order-o-1", 4);
    given()
        .header(TOKEN, order(3))
        .header("Prefer", "wait=0")
        .get("/orders/o-1")
        .then()
        .statusCode(503)
        .body("detail", containsString("waits for an operator"))
        .body("missing[0].parked", equalTo(true))
        .body("missing[0].reached", equalTo(4));
    given()
        .header(TOKEN, order(1))
        .header("Prefer", "wait=0")
        .get("/orders/o-1")
        .then()
        .statusCode(200);
    // Redriven meanwhile.
    var answer = send("/orders/o-1", order(3), "wait=10");
    awaitWaiting(1);
    Rows.execute("DELETE FROM parked_event");
    Rows.applied("order-o-1", 4);
    assertThat(answer.join().statusCode()).isEqualTo(200);
  }

  @Test
  void a_client_that_is_gone_waits_no_longer() throws IOException {
    try (var socket = new Socket(root.getHost(), root.getPort())) {
      socket
          .getOutputStream()
          .write(
              "GET /orders/o-1 HTTP/1.1\r\nHost: x\r\nPrefer: wait=10\r\n%s: %s\r\n\r\n"
                  .formatted(TOKEN, order(9))
                  .getBytes(StandardCharsets.US_ASCII));
      awaitWaiting(1);
    }
    // Before its ten seconds are over.
    await().atMost(Duration.ofSeconds(8)).until(() -> waiting() == 0);
    assertThat(metric("headrace_query_waits_seconds_count{outcome=\"cancelled\",view=\"orders\"}"))
        .isPositive();
  }

  @Test
  void as_many_as_may_wait_at_once_and_each_is_answered_by_its_own_and_one_more_is_refused() {
    var answers = new java.util.ArrayList<CompletableFuture<HttpResponse<String>>>();
    // All that the configuration of the tests lets wait.
    int n = 200;
    for (int i = 0; i < n; i++) {
      answers.add(send("/orders/o-1", token("ordering", "order-m-" + i, 1), "wait=10"));
    }
    awaitWaiting(n);
    given()
        .header(TOKEN, order(9))
        .header("Prefer", "wait=10")
        .get("/orders/o-1")
        .then()
        .time(lessThan(8L), TimeUnit.SECONDS)
        .statusCode(503)
        .header("Retry-After", equalTo("1"))
        .body("type", equalTo("urn:headrace:problem:overloaded"));
    // Who has nothing to wait for is answered.
    get("/orders/o-1").then().statusCode(200);
    assertThat(waiting()).isEqualTo(n);
    Rows.execute(
        """
        INSERT INTO view_stream SELECT 'orders', 1, 'order-m-' || i, 1 FROM generate_series(0, %d, 2) AS i;
        SELECT pg_notify('headrace_views', 'orders:1')"""
            .formatted(n - 1));
    awaitWaiting(n / 2);
    for (int i = 0; i < n; i += 2) {
      assertThat(answers.get(i).join().statusCode()).isEqualTo(200);
      assertThat(answers.get(i + 1)).isNotDone();
    }
    Rows.execute(
        """
        INSERT INTO view_stream SELECT 'orders', 1, 'order-m-' || i, 1 FROM generate_series(1, %d, 2) AS i;
        SELECT pg_notify('headrace_views', 'orders:1')"""
            .formatted(n - 1));
    assertThat(answers).allMatch(each -> each.join().statusCode() == 200);
  }

  private CompletableFuture<HttpResponse<String>> send(String path, String token, String prefer) {
    return CLIENT.sendAsync(
        HttpRequest.newBuilder(root.resolve(path))
            .version(HttpClient.Version.HTTP_1_1)
            .header(TOKEN, token)
            .header("Prefer", prefer)
            .build(),
        BodyHandlers.ofString());
  }

  private static void awaitWaiting(int count) {
    await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> waiting() == count);
  }

  private static int waiting() {
    return (int) metric("headrace_query_waiting");
  }

  private static double metric(String name) {
    return get("/q/metrics")
        .asString()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .findFirst()
        .orElse(0);
  }
}
