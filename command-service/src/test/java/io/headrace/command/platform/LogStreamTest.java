package io.headrace.command.platform;

import static io.headrace.command.platform.Api.increase;
import static io.headrace.command.platform.Api.newId;
import static io.headrace.command.platform.Api.open;
import static io.headrace.command.platform.Api.send;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class LogStreamTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int LARGE = 36;
  private static String large;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TestHTTPResource("/log")
  URI log;

  /** Over HTTP/2 the client itself would buffer much of an answer. */
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Behind the large events in the order of the log, so that not every test reads those. */
  private static final String REST = "?context=counting&after=counter-m%401";

  @Test
  void every_event_of_a_context_comes_once_in_stream_order() throws Exception {
    String first = "n-a-" + newId();
    String second = "n-b-" + newId();
    for (String id : List.of(second, first)) {
      open(id);
      send(id, "increase-counter", "{\"by\":2,\"times\":3,\"ticket\":\"ünïcödé \\n \\\"\"}");
    }
    List<JsonNode> lines = get(REST);
    List<JsonNode> events = lines.subList(0, lines.size() - 1);
    assertThat(lines.getLast().path("end").asBoolean()).isTrue();
    assertThat(lines.getLast().path("events").asInt()).isEqualTo(events.size());
    assertThat(ids(events)).doesNotHaveDuplicates();
    assertThat(events.stream().map(e -> e.path("streamId").asText()).toList()).isSorted();
    assertThat(ids(events))
        .containsSubsequence(
            id(first, 1),
            id(first, 2),
            id(first, 3),
            id(first, 4),
            id(second, 1),
            id(second, 2),
            id(second, 3),
            id(second, 4));
    JsonNode event =
        events.stream().filter(e -> e.path("id").asText().equals(id(first, 2))).findFirst().get();
    assertThat(event.path("context").asText()).isEqualTo("counting");
    assertThat(event.path("streamId").asText()).isEqualTo("counter-" + first);
    assertThat(event.path("streamVersion").asLong()).isEqualTo(2);
    assertThat(event.path("type").asText()).isEqualTo("counting.CounterIncreased.v1");
    assertThat(event.path("partitionKey").asText()).isEqualTo(first);
    assertThat(event.path("recordedAt").asText()).matches("20.*Z");
    assertThat(event.path("metadata").has("ce_correlationid")).isTrue();
    assertThat(event.path("data").path("ticket").asText()).isEqualTo("ünïcödé \n \"");
    assertThat(get("?context=ordering").getFirst().has("end")).isTrue();
  }

  @Test
  void a_reader_goes_on_after_any_event() throws Exception {
    String id = "n-" + newId();
    open(id);
    send(id, "increase-counter", "{\"by\":1,\"times\":600}");
    List<String> all = ids(events(get(REST)));
    for (int at : new int[] {0, 1, all.size() / 2, all.size() - 1}) {
      String after = URLEncoder.encode(all.get(at), StandardCharsets.UTF_8);
      assertThat(ids(events(get("?context=counting&after=" + after))))
          .startsWith(all.subList(at + 1, all.size()).toArray(String[]::new));
    }
  }

  /** More than one statement looks at. */
  @Test
  void few_events_among_many_of_another_context_are_found() throws Exception {
    String first = "y-" + newId();
    String last = "z-" + newId();
    open(first);
    open(last);
    try {
      Log.execute(
          """
          INSERT INTO event_log
          SELECT 'counter-y~' || i, 1, 'elsewhere', 'elsewhere.Done.v1', 'k', 0, '{}', '{}'
          FROM generate_series(1, 25000) i
          """);
      assertThat(ids(events(get("?context=counting&after=counter-y%400"))))
          .containsSubsequence(id(first, 1), id(last, 1));
    } finally {
      Log.execute("DELETE FROM event_log WHERE context = 'elsewhere'");
    }
  }

  /** What a statement had no room for comes with the next, whatever lies behind it. */
  @Test
  void events_that_are_left_for_the_next_statement_are_not_passed_over() throws Exception {
    try {
      Log.execute(
          """
          INSERT INTO event_log
          SELECT 'counter-w~' || to_char(i, 'FM00000'), 1,
            CASE WHEN i <= 100 THEN 'counting' ELSE 'elsewhere' END, 'a.B.v1', 'k', 0, '{}',
            '{"x":"' || repeat('x', CASE WHEN i <= 100 THEN 3000 WHEN i < 10000 THEN 1
              ELSE 200000 END) || '"}'
          FROM generate_series(1, 10000) i
          """);
      assertThat(ids(events(get("?context=counting&after=counter-w~%400"))))
          .filteredOn(id -> id.startsWith("counter-w~"))
          .hasSize(100);
    } finally {
      Log.execute("DELETE FROM event_log WHERE stream_id LIKE 'counter-w~%'");
    }
  }

  @Test
  void one_stream_is_read_after_a_version() throws Exception {
    String id = newId();
    open(id);
    send(id, "increase-counter", "{\"by\":1,\"times\":600}");
    assertThat(get("/streams/counter-" + id)).hasSize(602);
    List<JsonNode> lines = get("/streams/counter-" + id + "?after=599");
    assertThat(ids(events(lines))).containsExactly(id(id, 600), id(id, 601));
    assertThat(get("/streams/counter-" + id + "?after=601")).hasSize(1);
    assertThat(get("/streams/counter-unheard-of")).hasSize(1);
  }

  @Test
  void what_is_asked_wrongly_is_refused_with_the_name_of_the_parameter() {
    given()
        .get("/log?context=nothing")
        .then()
        .statusCode(400)
        .contentType("application/problem+json")
        .body("field", equalTo("context"));
    given().get("/log?after=nowhere").then().statusCode(400).body("field", equalTo("after"));
    given().get("/log?after=a%401&after=b%401").then().statusCode(400);
    given()
        .get("/log/streams/counter-1?after=-1")
        .then()
        .statusCode(400)
        .body("field", equalTo("after"));
  }

  @Test
  void a_slow_reader_gets_one_snapshot_and_holds_up_nobody() throws Exception {
    String id = large();
    try (InputStream body = stream("?context=counting&after=counter-" + id + "%400");
        var reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      assertThat(reader.readLine()).contains(id(id, 1));
      await().atMost(PATIENCE).until(() -> sessions("idle in transaction") == 1);
      increase("zz-" + newId(), 1);
      open("zz-" + newId());
      String behind = id + "-behind";
      open(behind);
      List<String> rest = new ArrayList<>();
      for (String line; (line = reader.readLine()) != null; ) {
        rest.add(MAPPER.readTree(line).path("id").asText());
      }
      assertThat(rest)
          .contains(id(id, LARGE))
          .doesNotContain(id(behind, 1))
          .noneMatch(event -> event.startsWith("counter-zz-"));
    }
    await().atMost(PATIENCE).until(() -> sessions("%") == 0);
  }

  @Test
  void an_answer_that_breaks_off_is_not_taken_for_a_complete_one() throws Exception {
    String id = large();
    try (InputStream body = stream("?context=counting&after=counter-" + id + "%400");
        var reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      assertThat(reader.readLine()).contains(id(id, 1));
      await().atMost(PATIENCE).until(() -> sessions("idle in transaction") == 1);
      Log.number(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
              + " WHERE application_name = 'headrace-command-log'");
      assertThatThrownBy(() -> reader.lines().count()).isInstanceOf(UncheckedIOException.class);
    }
    await().atMost(PATIENCE).until(() -> sessions("%") == 0);
    assertThat(get("/streams/counter-" + id)).hasSize(LARGE + 1);
  }

  @Test
  void a_reader_that_goes_away_leaves_nothing_behind() throws Exception {
    String id = large();
    for (int i = 0; i < 6; i++) {
      try (InputStream body = stream("?context=counting&after=counter-" + id + "%400")) {
        assertThat(body.read()).isEqualTo('{');
      }
    }
    await().atMost(PATIENCE).until(() -> sessions("%") == 0);
    assertThat(get("?context=ordering")).hasSize(1);
  }

  /**
   * A stream whose events are more than the buffers on the way can hold, so that the service must
   * wait for the reader, with its snapshot open.
   */
  private static synchronized String large() {
    if (large == null) {
      large = "large-" + newId();
      for (int i = 0; i < LARGE; i++) {
        send(large, "fill-counter", "{\"bytes\":800000}").then().statusCode(i == 0 ? 201 : 200);
      }
    }
    return large;
  }

  private static String id(String id, int version) {
    return "counter-" + id + "@" + version;
  }

  private static List<String> ids(List<JsonNode> events) {
    return events.stream().map(e -> e.path("id").asText()).toList();
  }

  private static List<JsonNode> events(List<JsonNode> lines) {
    return lines.subList(0, lines.size() - 1);
  }

  private List<JsonNode> get(String query) throws IOException, InterruptedException {
    try (InputStream body = stream(query);
        var reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      List<JsonNode> lines = new ArrayList<>();
      for (String line; (line = reader.readLine()) != null; ) {
        lines.add(MAPPER.readTree(line));
      }
      return lines;
    }
  }

  private InputStream stream(String query) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(
            HttpRequest.newBuilder(URI.create(log + query)).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/x-ndjson");
    return response.body();
  }

  /** How many sessions of log readers are in this state. */
  private static long sessions(String state) {
    return Log.number(
        "SELECT count(*) FROM pg_stat_activity"
            + " WHERE application_name = 'headrace-command-log' AND state LIKE '"
            + state
            + "'");
  }
}
