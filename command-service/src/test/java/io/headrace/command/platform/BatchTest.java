package io.headrace.command.platform;

import static io.headrace.command.platform.Api.newId;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class BatchTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TestHTTPResource("/commands")
  URI commands;

  private static String line(String id, String command, String body) {
    return "{\"path\":\"/counting/counters/%s/%s\",\"body\":%s}".formatted(id, command, body);
  }

  private static String increase(String id, int by) {
    return line(id, "increase-counter", "{\"by\":" + by + "}");
  }

  @Test
  void each_line_is_answered_in_order_with_an_outcome_of_its_own() throws Exception {
    String id = newId();
    String other = newId();
    List<JsonNode> answers =
        post(
            line(id, "open-counter", Api.OPEN),
            increase(id, 2),
            increase(other, 1),
            "",
            line(id, "explode-counter", "{}"),
            "{\"path\":",
            increase(id, 3),
            "[]",
            "{\"path\":\"/counting/counters/" + id + "\"}",
            "{\"path\":\"/counting/counters/" + id + "/increase-counter\",\"bodi\":{}}",
            line(id, "increase-counter", "{\"by\":\"x\"}"),
            line("-", "open-counter", Api.OPEN),
            line(id, "increase-counter", "{\"by\":666}"),
            line(id, "fill-counter", "{\"bytes\":-1}"),
            "{\"path\":\"/counting/counters/%s/increase-counter\"}".formatted("x".repeat(301)),
            increase(id, 4));
    assertThat(answers.stream().map(a -> a.path("line").asInt()).toList())
        .containsExactly(1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    assertThat(answers.stream().map(a -> a.path("status").asInt()).toList())
        .containsExactly(201, 200, 422, 404, 400, 200, 400, 400, 400, 400, 400, 500, 500, 400, 200);
    JsonNode first = answers.getFirst();
    assertThat(first.path("headers").path("ETag").asText()).isEqualTo("\"1\"");
    assertThat(first.path("headers").path("Location").asText())
        .isEqualTo("/counting/counters/" + id);
    assertThat(first.path("headers").path("Consistency-Token").asText()).isNotBlank();
    assertThat(first.path("body").path("streamVersion").asInt()).isEqualTo(1);
    assertThat(answers.get(2).path("body").path("type").asText())
        .isEqualTo("urn:headrace:rejection:counting:counter-not-open");
    assertThat(answers.get(7).path("body").path("field").asText()).isEqualTo("path");
    assertThat(answers.get(8).path("body").path("field").asText()).isEqualTo("bodi");
    assertThat(answers.get(9).path("body").path("field").asText()).isEqualTo("by");
    assertThat(answers.getLast().path("body").path("streamVersion").asInt()).isEqualTo(4);
  }

  @Test
  void a_line_has_all_that_a_request_for_one_command_has() throws Exception {
    String id = newId();
    String open =
        "{\"path\":\"/counting/counters/%s/open-counter\",\"body\":{\"labels\":[]},\"idempotencyKey\":\"%1$s\",\"ifNoneMatch\":\"*\",\"correlationId\":\"c-%1$s\"}"
            .formatted(id);
    List<JsonNode> answers =
        post(
            open,
            open,
            open.replace("[]", "[{\"text\":\"a\",\"weight\":1,\"colour\":\"red\"}]"),
            "{\"path\":\"/counting/counters/%s/increase-counter\",\"body\":{\"by\":1},\"ifMatch\":\"\\\"1\\\"\"}"
                .formatted(id),
            "{\"path\":\"/counting/counters/%s/increase-counter\",\"body\":{\"by\":1},\"ifMatch\":\"\\\"1\\\"\"}"
                .formatted(id),
            "{\"path\":\"/counting/counters/%s/increase-counter\",\"body\":{\"by\":1},\"ifMatch\":\"1\"}"
                .formatted(id));
    assertThat(answers.stream().map(a -> a.path("status").asInt()).toList())
        .containsExactly(201, 201, 422, 200, 412, 400);
    assertThat(answers.get(1).path("headers").path("Idempotency-Replayed").asText())
        .isEqualTo("true");
    assertThat(answers.get(1).path("body")).isEqualTo(answers.get(0).path("body"));
    assertThat(answers.get(4).path("body").path("currentVersion").asInt()).isEqualTo(2);
    assertThat(answers.get(5).path("body").path("field").asText()).isEqualTo("ifMatch");
    assertThat(
            Log.number(
                "SELECT count(*) FROM event_log WHERE stream_id = 'counter-"
                    + id
                    + "' AND metadata LIKE '%\"c-"
                    + id
                    + "\"%'"))
        .isEqualTo(1);
  }

  /** Far more than fits into the limit of a single request's body, and than the window. */
  @Test
  void thousands_of_commands_for_few_streams_keep_their_order() throws Exception {
    List<String> ids = IntStream.range(0, 7).mapToObj(i -> newId()).toList();
    String pad = " ".repeat(300);
    List<JsonNode> answers =
        post(
            Stream.concat(
                    ids.stream().map(id -> line(id, "open-counter", Api.OPEN)),
                    IntStream.range(0, 5000).mapToObj(i -> increase(ids.get(i % 7), 1) + pad))
                .toArray(String[]::new));
    assertThat(answers).hasSize(5007);
    int[] versions = new int[7];
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).path("line").asInt()).isEqualTo(i + 1);
      assertThat(answers.get(i).path("body").path("streamVersion").asInt())
          .isEqualTo(++versions[i % 7]);
    }
  }

  @Test
  void a_line_over_the_limit_is_refused_and_the_next_one_is_read() throws Exception {
    String id = newId();
    List<JsonNode> answers =
        post(
            line(id, "open-counter", Api.OPEN),
            line(id, "increase-counter", "{\"by\":1,\"ticket\":\"" + "x".repeat(1_100_000) + "\"}"),
            increase(id, 1));
    assertThat(answers.stream().map(a -> a.path("status").asInt()).toList())
        .containsExactly(201, 413, 200);
    assertThat(answers.get(1).path("body").path("type").asText())
        .isEqualTo("urn:headrace:problem:body-too-large");
    assertThat(answers.get(2).path("body").path("streamVersion").asInt()).isEqualTo(2);
  }

  @Test
  void answers_come_while_the_request_is_still_being_sent() throws Exception {
    String id = newId();
    try (Socket socket = open("Transfer-Encoding: chunked");
        var in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      chunk(socket, line(id, "open-counter", Api.OPEN) + "\n");
      assertThat(upTo(in, "\"line\":")).contains("\"status\":201");
      String command = increase(id, 1) + "\n";
      chunk(socket, command.substring(0, 20));
      chunk(socket, command.substring(20));
      assertThat(upTo(in, "\"line\":")).contains("\"streamVersion\":2");
      // The last line needs no line feed when the request ends in order.
      chunk(socket, increase(id, 1));
      chunk(socket, "");
      assertThat(upTo(in, "\"line\":")).contains("\"streamVersion\":3");
    }
  }

  @Test
  void half_a_line_is_not_carried_out_when_the_connection_breaks() throws Exception {
    String id = newId();
    try (Socket socket = open("Transfer-Encoding: chunked");
        var in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      chunk(socket, line(id, "open-counter", Api.OPEN) + "\n" + increase(id, 1));
      assertThat(upTo(in, "\"line\":")).contains("\"status\":201");
    }
    // A complete line behind the broken one, over another connection, shows what has become of it.
    assertThat(post(increase(id, 1)).getFirst().path("body").path("streamVersion").asInt())
        .isEqualTo(2);
  }

  /**
   * The client takes no answer: the service stops reading its commands, and reads on when it does.
   */
  @Test
  void a_client_that_takes_no_answers_is_not_read() throws Exception {
    String id = newId();
    Api.open(id);
    byte[] many = (increase(id, 0) + "\n").repeat(1000).getBytes(StandardCharsets.UTF_8);
    try (Socket socket = open("Content-Length: " + 400L * many.length)) {
      var sent = new java.util.concurrent.atomic.AtomicInteger();
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 400; i++) {
                        socket.getOutputStream().write(many);
                        sent.incrementAndGet();
                      }
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  });
      int[] last = {-1};
      await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(1000))
          .until(
              () -> {
                int before = last[0];
                last[0] = sent.get();
                return before == last[0] && before > 0;
              });
      assertThat(sent.get()).isLessThan(400);
      assertThat(Api.increase(id, 1).statusCode()).isEqualTo(200);
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      int stalledAt = sent.get();
      int answers = 0;
      for (String line; sent.get() < stalledAt + 3 && (line = in.readLine()) != null; ) {
        answers += line.startsWith("{\"line\":") ? 1 : 0;
      }
      assertThat(answers).isPositive();
      socket.shutdownOutput();
      sender.join(Duration.ofSeconds(10));
    }
    assertThat(Api.increase(id, 1).statusCode()).isEqualTo(200);
  }

  @Test
  void the_media_type_must_be_right() {
    Api.request()
        .contentType(ContentType.JSON)
        .body("{}")
        .post("/commands")
        .then()
        .statusCode(415)
        .contentType("application/problem+json");
  }

  @Test
  void no_lines_no_answers() throws Exception {
    assertThat(post()).isEmpty();
    assertThat(post("", " ", "")).isEmpty();
  }

  private List<JsonNode> post(String... lines) throws Exception {
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      HttpResponse<Stream<String>> response =
          http.send(
              HttpRequest.newBuilder(commands)
                  .header("Content-Type", "application/x-ndjson")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          Stream.of(lines).collect(Collectors.joining("\n", "", "\n"))))
                  .build(),
              HttpResponse.BodyHandlers.ofLines());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Content-Type")).contains("application/x-ndjson");
      List<JsonNode> answers = new ArrayList<>();
      for (String line : response.body().toList()) {
        answers.add(MAPPER.readTree(line));
      }
      return answers;
    }
  }

  private Socket open(String length) throws IOException {
    var socket = new Socket(commands.getHost(), commands.getPort());
    socket.setSoTimeout(60_000);
    socket
        .getOutputStream()
        .write(
            ("POST /commands HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
                    + length
                    + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static void chunk(Socket socket, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    OutputStream out = socket.getOutputStream();
    out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.write(bytes);
    out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  private static String upTo(BufferedReader in, String prefix) throws IOException {
    for (String line; (line = in.readLine()) != null; ) {
      if (line.contains(prefix)) {
        return line;
      }
    }
    throw new AssertionError("the connection ended");
  }
}
