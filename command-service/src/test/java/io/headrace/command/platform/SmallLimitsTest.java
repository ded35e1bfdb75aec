package io.headrace.command.platform;

import static io.headrace.command.platform.Api.increase;
import static io.headrace.command.platform.Api.newId;
import static io.headrace.command.platform.Api.open;
import static io.headrace.command.platform.Api.request;
import static io.headrace.command.platform.Api.send;
import static io.headrace.command.platform.Api.state;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.matchesPattern;

import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The service with no cache, a snapshot every five events, and limits that are soon reached: all of
 * them change how much is done, and nothing about what comes out. And it serves two contexts only.
 */
@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
@TestProfile(SmallLimitsTest.SmallLimits.class)
class SmallLimitsTest {

  public static class SmallLimits implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "headrace.commands.batch-window", "2",
          "headrace.commands.batch-patience", "1S",
          "headrace.commands.contexts", "counting,ordering",
          "headrace.commands.state-cache-size", "0",
          "headrace.commands.snapshot-every", "5",
          "headrace.commands.queue-capacity", "4",
          "headrace.log-stream.max-concurrent", "1",
          "headrace.log-stream.max-pause", "1S",
          "headrace.process.enabled", "false");
    }
  }

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TestHTTPResource("/log")
  URI log;

  @TestHTTPResource("/commands")
  URI commands;

  @Test
  void without_a_cache_all_is_as_with_one() {
    String id = newId();
    increase(id, 1).then().statusCode(422);
    open(id).then().statusCode(201);
    open(id).then().statusCode(422);
    for (int i = 2; i < 20; i++) {
      increase(id, 1).then().statusCode(200).body("streamVersion", equalTo(i));
    }
    increase(id, 0).then().statusCode(200).body("streamVersion", equalTo(19));
    send(request().header("If-Match", "\"3\""), id, "increase-counter", "{\"by\":1}")
        .then()
        .statusCode(412)
        .body("currentVersion", equalTo(19));
    state(id).then().body("state.total", equalTo(18));
    given().get("/counting/counters/{id}?at-version=4", id).then().body("state.total", equalTo(3));
  }

  @Test
  void a_cold_stream_is_read_from_its_snapshot_and_the_events_after_it() {
    String id = streamOf(13);
    awaitSnapshot(id, 10);
    // That it is used shows in a snapshot that tells something else than the events.
    Log.execute(
        "UPDATE snapshot SET state = replace(state, '\"total\":9', '\"total\":1009')" + where(id));
    state(id).then().body("streamVersion", equalTo(13)).body("state.total", equalTo(1012));
  }

  @Test
  void a_snapshot_of_another_shape_is_not_read_and_is_replaced() {
    String id = streamOf(13);
    awaitSnapshot(id, 10);
    Log.execute(
        "UPDATE snapshot SET shape = 'another', state = '{\"status\":\"open\",\"total\":1009}'"
            + where(id));
    state(id).then().body("state.total", equalTo(12));
    increase(id, 1).then().statusCode(200).body("streamVersion", equalTo(14));
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                Log.number("SELECT count(*) FROM snapshot" + where(id) + " AND shape <> 'another'")
                    == 1);
    state(id).then().body("state.total", equalTo(13));
  }

  @Test
  void a_snapshot_that_cannot_be_read_or_has_gone_is_not_missed() {
    String id = streamOf(13);
    awaitSnapshot(id, 10);
    Log.execute("UPDATE snapshot SET state = '{\"status\":\"op'" + where(id));
    state(id).then().body("state.total", equalTo(12));
    Log.execute("DELETE FROM snapshot" + where(id));
    state(id).then().body("state.total", equalTo(12));
    increase(id, 1).then().statusCode(200).body("streamVersion", equalTo(14));
  }

  /**
   * The table is locked, as if it were being vacuumed in full: commands do not notice. They are
   * answered while one and the same statement waits for it; a command that waited for its own
   * snapshot would be answered when that had been given up, and no statement would wait any more.
   */
  @Test
  void snapshots_are_off_the_way_of_commands() throws Exception {
    String id = newId();
    open(id);
    double written = snapshotsWritten();
    try (var connection =
            LocalStackResource.postgres().connect(io.headrace.localstack.PostgresServer.COMMANDS);
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute("LOCK TABLE snapshot IN SHARE ROW EXCLUSIVE MODE");
      List<String> waiting =
          await()
              .atMost(PATIENCE)
              .until(
                  () -> {
                    increase(id, 1).then().statusCode(200);
                    return snapshotsThatWait();
                  },
                  waits -> !waits.isEmpty());
      for (int i = 0; i < 7; i++) {
        increase(id, 1).then().statusCode(200);
      }
      assertThat(snapshotsThatWait()).isEqualTo(waiting).hasSize(1);
      connection.rollback();
    }
    for (int i = 0; i < 5; i++) {
      increase(id, 1).then().statusCode(200);
    }
    await()
        .atMost(PATIENCE)
        .until(() -> Log.number("SELECT count(*) FROM snapshot" + where(id)) == 1);
    await().atMost(PATIENCE).until(() -> snapshotsWritten() > written);
  }

  /** Who waits, and since when. */
  private static List<String> snapshotsThatWait() {
    return Log.texts(
        """
        SELECT pid || ' ' || query_start FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND application_name = 'headrace-command'
          AND query LIKE 'INSERT INTO snapshot%'
        """);
  }

  private static double snapshotsWritten() {
    return given()
        .get("/q/metrics")
        .asString()
        .lines()
        .filter(line -> line.startsWith("headrace_snapshots_total{result=\"written\"}"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Four at a time is all that this one takes. */
  @Test
  void too_many_commands_are_refused_at_once_and_nothing_of_them_is_stored() throws Exception {
    String id = newId();
    open(id);
    List<Future<Response>> answers = new ArrayList<>();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 60; i++) {
        answers.add(clients.submit(() -> increase(id, 1)));
      }
    }
    int accepted = 0;
    for (Future<Response> answer : answers) {
      if (answer.get().statusCode() == 200) {
        accepted++;
      } else {
        answer
            .get()
            .then()
            .statusCode(503)
            .contentType("application/problem+json")
            .header("Retry-After", matchesPattern("[1-9][0-9]*"))
            .body("type", equalTo("urn:headrace:problem:unavailable"))
            .body("effect", equalTo("none"));
      }
    }
    assertThat(accepted).isBetween(1, 59);
    state(id).then().body("state.total", equalTo(accepted));
  }

  /** More than the queue takes at a time, were it not for the window. */
  @Test
  void of_many_commands_in_one_request_none_is_refused_because_of_the_others() {
    String id = newId();
    open(id);
    String line =
        "{\"path\":\"/counting/counters/%s/increase-counter\",\"body\":{\"by\":1}}\n".formatted(id);
    assertThat(
            request()
                .contentType("application/x-ndjson")
                .body(line.repeat(100).getBytes(StandardCharsets.UTF_8))
                .post("/commands")
                .asString()
                .lines())
        .hasSize(100)
        .allMatch(answer -> answer.contains("\"status\":200,"));
    state(id).then().body("state.total", equalTo(100));
  }

  /** It never reads, so nothing of what waits for it will ever be sent. */
  @Test
  void a_client_that_takes_no_answers_to_its_commands_is_cut_off() throws Exception {
    // Short lines with long answers: the answers fill what lies in between, and then the lines do.
    byte[] lines = "[]\n".repeat(20_000).getBytes(StandardCharsets.US_ASCII);
    int times = 1000;
    try (var clients = Executors.newVirtualThreadPerTaskExecutor();
        var socket = new Socket(commands.getHost(), commands.getPort())) {
      Future<Void> sent =
          clients.submit(
              () -> {
                OutputStream out = socket.getOutputStream();
                out.write(
                    ("POST /commands HTTP/1.1\r\nHost: localhost\r\n"
                            + "Content-Type: application/x-ndjson\r\nContent-Length: "
                            + (long) times * lines.length
                            + "\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII));
                for (int i = 0; i < times; i++) {
                  out.write(lines);
                }
                return null;
              });
      assertThatThrownBy(() -> sent.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IOException.class);
    }
  }

  @Test
  void a_second_reader_of_the_log_comes_later_and_one_that_stops_is_cut_off() throws Exception {
    String id = newId();
    for (int i = 0; i < 36; i++) {
      send(id, "fill-counter", "{\"bytes\":800000}").then().statusCode(i == 0 ? 201 : 200);
    }
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        InputStream slow =
            http.send(
                    HttpRequest.newBuilder(URI.create(log + "?after=counter-" + id + "%400"))
                        .build(),
                    HttpResponse.BodyHandlers.ofInputStream())
                .body()) {
      assertThat(slow.read()).isEqualTo('{');
      given()
          .get("/log")
          .then()
          .statusCode(503)
          .contentType("application/problem+json")
          .header("Retry-After", matchesPattern("[1-9][0-9]*"))
          .body("type", equalTo("urn:headrace:problem:busy"));
      await()
          .atMost(PATIENCE)
          .until(() -> given().get("/log?context=ordering").statusCode() == 200);
      assertThatThrownBy(slow::readAllBytes).isInstanceOf(IOException.class);
    }
  }

  @Test
  void an_operator_sees_what_the_lane_does() {
    String id = newId();
    open(id);
    open(id);
    increase(id, 1);
    var metrics = new TreeMap<String, String>();
    given()
        .get("/q/metrics")
        .asString()
        .lines()
        .filter(line -> line.startsWith("headrace_"))
        .forEach(line -> metrics.put(line.substring(0, line.lastIndexOf(' ')), line));
    assertThat(metrics.keySet())
        .contains(
            "headrace_commands_seconds_count{command=\"open-counter\",context=\"counting\",outcome=\"accepted\"}",
            "headrace_commands_seconds_count{command=\"open-counter\",context=\"counting\",outcome=\"rejected\"}",
            "headrace_append_batch_size_count",
            "headrace_append_conflicts_total",
            "headrace_command_queue",
            "headrace_state_cache_bytes",
            "headrace_state_cache_entries",
            "headrace_state_cache_lookups_total{result=\"miss\"}");
    assertThat(metrics.get("headrace_command_queue")).endsWith(" 0.0");
  }

  @Test
  void a_context_that_is_served_elsewhere_is_not_served_here() {
    for (Response answer :
        List.of(
            request().body("{}").post("/payment/payments/p1/capture-payment"),
            given().get("/payment/payments/p1"),
            given().get("/payment/payments/p1/events"),
            given().get("/log?context=payment"))) {
      answer
          .then()
          .statusCode(404)
          .contentType("application/problem+json")
          .body("type", equalTo("urn:headrace:problem:context-not-served"))
          .body(
              "detail",
              equalTo(
                  "The context 'payment' is served by another deployment; this one serves counting, ordering."))
          .body("contexts", equalTo(List.of("counting", "ordering")));
    }
    assertThat(
            request()
                .contentType("application/x-ndjson")
                .body(
                    "{\"path\":\"/payment/payments/p1/capture-payment\"}\n"
                        .getBytes(StandardCharsets.UTF_8))
                .post("/commands")
                .asString())
        .startsWith("{\"line\":1,\"status\":404,")
        .contains("urn:headrace:problem:context-not-served");
    given()
        .get("/returning/returns/r1")
        .then()
        .statusCode(404)
        .body("type", equalTo("urn:headrace:problem:not-found"));
  }

  @Test
  void the_description_shows_what_is_served_here() {
    assertThat(
            given().get("/q/openapi?format=json").jsonPath().getMap("paths").keySet().stream()
                .map(path -> ((String) path).split("/")[1])
                .distinct())
        .containsExactlyInAnyOrder("counting", "ordering", "log", "commands");
  }

  private static String streamOf(int events) {
    String id = newId();
    open(id);
    for (int i = 1; i < events; i++) {
      increase(id, 1);
    }
    return id;
  }

  private static String where(String id) {
    return " WHERE stream_id = 'counter-" + id + "'";
  }

  private static void awaitSnapshot(String id, int version) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                Log.number("SELECT coalesce(max(version), 0) FROM snapshot" + where(id))
                    == version);
  }
}
