package io.headrace.command.platform;

import static io.headrace.command.platform.Api.newId;
import static io.headrace.command.platform.Api.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.command.platform.spi.Identifier;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every kind of bad input is a problem that names what is wrong, and leaves no trace in the log.
 */
@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class BadInputTest {

  private static final String OPEN = "open-counter";
  private static final String INCREASE = "increase-counter";

  private static final String LABEL = "{\"text\":\"a\",\"weight\":1,\"colour\":\"red\"}";

  @TestHTTPResource("/")
  URI root;

  static Stream<Arguments> bodies() {
    return Stream.of(
        // malformed JSON
        body("no body", OPEN, "", null),
        body("half an object", OPEN, "{\"labels\":[", null),
        body("a comma too many", OPEN, "{\"labels\":[],}", null),
        body("single quotes", OPEN, "{'labels':[]}", null),
        body("a comment", OPEN, "{\"labels\":[] /* none */}", null),
        body("something behind", OPEN, "{\"labels\":[]} {}", null),
        body("the same name twice", OPEN, "{\"labels\":[],\"labels\":[]}", null),
        body("not a number", INCREASE, "{\"by\":NaN}", null),
        body("a leading zero", INCREASE, "{\"by\":01}", null),
        body("deeply nested", OPEN, "[".repeat(2000) + "]".repeat(2000), null),
        body("an endless number", INCREASE, "{\"by\":" + "9".repeat(5000) + "}", null),
        // another shape
        body("an array", OPEN, "[]", null),
        body("a string", OPEN, "\"labels\"", null),
        body("null", OPEN, "null", null),
        // fields
        body("a missing field", OPEN, "{}", "labels"),
        body("null for a field", OPEN, "{\"labels\":null}", "labels"),
        body("an extra field", OPEN, "{\"labels\":[],\"colour\":\"red\"}", "colour"),
        body("the id in the body", OPEN, "{\"labels\":[],\"counterId\":\"x\"}", "counterId"),
        body(
            "an extra field inside",
            OPEN,
            "{\"labels\":[{\"text\":\"a\",\"weight\":1,\"colour\":\"red\",\"more\":1}]}",
            "labels[0].more"),
        body(
            "a missing field inside",
            OPEN,
            "{\"labels\":[{\"text\":\"a\",\"weight\":1}]}",
            "labels[0].colour"),
        // types
        body("text for a number", INCREASE, "{\"by\":\"1\"}", "by"),
        body("a fraction for a whole number", INCREASE, "{\"by\":1.5}", "by"),
        body("one point zero", INCREASE, "{\"by\":1.0}", "by"),
        body("true for a number", INCREASE, "{\"by\":true}", "by"),
        body("a number for a text", INCREASE, "{\"by\":1,\"ticket\":7}", "ticket"),
        body("a number for a flag", OPEN, "{\"labels\":[],\"loud\":1}", "loud"),
        body("an object for a list", OPEN, "{\"labels\":{}}", "labels"),
        body("text in a list of objects", OPEN, "{\"labels\":[\"a\"]}", "labels[0]"),
        body("null in a list", OPEN, "{\"labels\":[null]}", "labels[0]"),
        body(
            "a number for an amount",
            OPEN,
            "{\"labels\":[],\"fee\":{\"amount\":1,\"currency\":\"EUR\"}}",
            "fee.amount"),
        body(
            "no currency",
            OPEN,
            "{\"labels\":[],\"fee\":{\"amount\":\"1\",\"currency\":\"euro\"}}",
            "fee"),
        // values
        body("below the range", INCREASE, "{\"by\":-1}", "by"),
        body("above the range", INCREASE, "{\"by\":1001}", "by"),
        body("more than 32 bits", INCREASE, "{\"by\":2147483648}", "by"),
        body("more than 64 bits", "fill-counter", "{\"bytes\":9223372036854775808}", "bytes"),
        body(
            "too long a text", OPEN, "{\"labels\":[],\"note\":\"" + "x".repeat(21) + "\"}", "note"),
        body(
            "too many elements",
            OPEN,
            "{\"labels\":[%1$s,%1$s,%1$s,%1$s]}".formatted(LABEL),
            "labels"),
        body(
            "a blank text inside",
            OPEN,
            "{\"labels\":[{\"text\":\" \",\"weight\":1,\"colour\":\"red\"}]}",
            "labels[0].text"),
        body(
            "out of range inside",
            OPEN,
            "{\"labels\":[{\"text\":\"a\",\"weight\":10,\"colour\":\"red\"}]}",
            "labels[0].weight"),
        body(
            "no such choice",
            OPEN,
            "{\"labels\":[{\"text\":\"a\",\"weight\":1,\"colour\":\"RED\"}]}",
            "labels[0].colour"),
        body("a date that is none", OPEN, "{\"labels\":[],\"until\":\"2018-02-30\"}", "until"),
        body(
            "a time for a date",
            OPEN,
            "{\"labels\":[],\"until\":\"2018-02-03T00:00:00Z\"}",
            "until"),
        body("a time without zone", OPEN, "{\"labels\":[],\"at\":\"2018-02-03T00:00:00\"}", "at"),
        body(
            "a time of a distant future",
            OPEN,
            "{\"labels\":[],\"at\":\"2999-01-01T00:00:00Z\"}",
            "at"),
        body("the character U+0000", INCREASE, "{\"by\":1,\"ticket\":\"a\\u0000b\"}", "ticket"),
        body("half a character", INCREASE, "{\"by\":1,\"ticket\":\"\\ud800\"}", "ticket"));
  }

  private static Arguments body(String what, String command, String json, String field) {
    return Arguments.of(what, command, json, field);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bodies")
  void a_body_that_does_not_fit_is_refused(String what, String command, String json, String field) {
    String id = newId();
    long before = Log.events();
    Response response = Api.send(request().header("Idempotency-Key", id), id, command, json);
    assertProblem(response, 400, "urn:headrace:problem:invalid-request", field);
    assertThat(Log.events()).isEqualTo(before);
    // Nor is it remembered: the same key serves the corrected command.
    Api.send(request().header("Idempotency-Key", id), id, OPEN, Api.OPEN).then().statusCode(201);
  }

  @Test
  void every_wrong_field_is_named_at_once() {
    Response response =
        Api.send(
            newId(), OPEN, "{\"labels\":[{\"weight\":\"1\",\"colour\":3}],\"loud\":0,\"x\":1}");
    assertProblem(response, 400, "urn:headrace:problem:invalid-request", "labels[0].text");
    assertThat(response.jsonPath().getList("errors.field", String.class))
        .contains("labels[0].text", "labels[0].weight", "labels[0].colour", "loud", "x");
  }

  @Test
  void an_id_in_a_body_keeps_the_rule_of_the_ids_in_paths() {
    String price = "{\"amount\":\"1.00\",\"currency\":\"EUR\"}";
    String order =
        """
        {"customerId":"a b","lines":[{"productId":"","sellerId":"-s","quantity":1,"unitPrice":%1$s,"freight":%1$s}]}"""
            .formatted(price);
    Response response = request().body(order).post("/ordering/orders/" + newId() + "/place-order");
    assertProblem(response, 400, "urn:headrace:problem:invalid-request", "customerId");
    assertThat(response.jsonPath().getList("errors.field", String.class))
        .containsExactly("customerId", "lines[0].productId", "lines[0].sellerId");
    assertThat(response.jsonPath().getList("errors.message", String.class))
        .containsOnly(Identifier.RULE);
  }

  static Stream<Arguments> headers() {
    return Stream.of(
        Arguments.of("Idempotency-Key", "x".repeat(256)),
        Arguments.of("Idempotency-Key", "with blanks"),
        Arguments.of("If-Match", "3"),
        Arguments.of("If-Match", "W/\"3\""),
        Arguments.of("If-Match", "\"3\", \"4\""),
        Arguments.of("If-Match", "\"latest\""),
        Arguments.of("If-Match", "\"-1\""),
        Arguments.of("If-Match", "\"99999999999999999999\""),
        Arguments.of("If-None-Match", "\"3\""),
        Arguments.of("X-Correlation-ID", "x".repeat(256)));
  }

  @ParameterizedTest
  @MethodSource("headers")
  void a_malformed_header_is_named(String name, String value) {
    long before = Log.events();
    assertProblem(
        Api.send(request().header(name, value), newId(), OPEN, Api.OPEN),
        400,
        "urn:headrace:problem:invalid-request",
        name);
    assertThat(Log.events()).isEqualTo(before);
  }

  @Test
  void a_header_that_is_sent_twice_is_refused() {
    for (String name : new String[] {"Idempotency-Key", "If-Match", "X-Correlation-ID"}) {
      assertProblem(
          Api.send(request().header(name, "\"1\"").header(name, "\"2\""), newId(), OPEN, Api.OPEN),
          400,
          "urn:headrace:problem:invalid-request",
          name);
    }
    assertProblem(
        Api.send(
            request().header("If-Match", "\"1\"").header("If-None-Match", "*"),
            newId(),
            OPEN,
            Api.OPEN),
        400,
        "urn:headrace:problem:invalid-request",
        "If-Match");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-a", "_a", "a b", "a.b", "ä", "a@1", "a;b", "..%2f..%2fa", "a%00", "a'"})
  void an_id_that_is_none_is_refused(String id) {
    assertProblem(Api.send(id, OPEN, Api.OPEN), 400, "urn:headrace:problem:invalid-request", "id");
    assertProblem(Api.state(id), 400, "urn:headrace:problem:invalid-request", "id");
  }

  @Test
  void an_id_has_at_most_128_characters() {
    assertProblem(
        Api.send("a".repeat(129), OPEN, Api.OPEN),
        400,
        "urn:headrace:problem:invalid-request",
        "id");
    assertThat(Api.send("a".repeat(128 - 36) + newId(), OPEN, Api.OPEN).statusCode())
        .isEqualTo(201);
  }

  @Test
  void what_does_not_exist_is_not_found_and_what_does_is_listed() {
    String id = newId();
    assertProblem(
        Api.send(id, "explode-counter", "{}"), 404, "urn:headrace:problem:not-found", null);
    assertThat(Api.send(id, "explode-counter", "{}").jsonPath().getList("known", String.class))
        .containsExactly("fill-counter", "increase-counter", "open-counter");
    Map.of(
            "/counting/abacuses/" + id + "/open-counter", "counters",
            "/astrology/counters/" + id + "/open-counter", "counting")
        .forEach(
            (path, known) -> {
              Response response = request().body(Api.OPEN).post(path);
              assertProblem(response, 404, "urn:headrace:problem:not-found", null);
              assertThat(response.jsonPath().getList("known", String.class)).contains(known);
            });
    assertProblem(
        request().body(Api.OPEN).post("/counting"), 404, "urn:headrace:problem:not-found", null);
    assertProblem(Api.state(id), 404, "urn:headrace:problem:unknown-stream", null);
  }

  @Test
  void the_method_and_the_media_type_must_be_right() {
    String id = newId();
    assertProblem(
        request().body(Api.OPEN).put("/counting/counters/{id}/open-counter", id),
        405,
        "urn:headrace:problem:method-not-allowed",
        null);
    for (String type :
        new String[] {"text/plain", "application/xml", "application/json;charset=latin1"}) {
      assertProblem(
          Api.send(request().contentType(type), id, OPEN, Api.OPEN),
          415,
          "urn:headrace:problem:unsupported-media-type",
          null);
    }
  }

  @Test
  void only_utf_8_is_read() throws Exception {
    String id = newId();
    assertThat(
            post(
                    id,
                    "{\"labels\":[],\"note\":\"\u00fc\"}".getBytes(StandardCharsets.ISO_8859_1),
                    false)
                .statusCode())
        .isEqualTo(400);
    assertThat(post(id, Api.OPEN.getBytes(StandardCharsets.UTF_16LE), false).statusCode())
        .isEqualTo(400);
    assertThat(post(id, Api.OPEN.getBytes(StandardCharsets.UTF_8), true).statusCode())
        .isEqualTo(201);
  }

  /** With and without a {@code Content-Length}. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a_body_over_the_limit_is_refused(boolean chunked) throws Exception {
    String id = newId();
    byte[] large =
        ("{\"labels\":[],\"note\":\"" + "x".repeat(1_100_000) + "\"}")
            .getBytes(StandardCharsets.UTF_8);
    HttpResponse<String> response = post(id, large, chunked);
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(response.body()).contains("urn:headrace:problem:body-too-large");
    assertThat(Api.state(id).statusCode()).isEqualTo(404);
  }

  @Test
  void an_event_that_kafka_would_not_take_is_refused() {
    String id = newId();
    long before = Log.events();
    assertProblem(
        Api.send(id, "fill-counter", "{\"bytes\":950000}"),
        413,
        "urn:headrace:problem:event-too-large",
        null);
    assertThat(Log.events()).isEqualTo(before);
    Api.send(id, "fill-counter", "{\"bytes\":900000}").then().statusCode(201);
  }

  @Test
  void a_defect_shows_no_more_than_the_number_of_the_incident() {
    String id = newId();
    Api.open(id);
    Response response = Api.send(id, INCREASE, "{\"by\":666,\"ticket\":\"secret\"}");
    assertProblem(response, 500, "urn:headrace:problem:defect", null);
    assertThat(response.asString())
        .contains("incident")
        .doesNotContain("secret", "Exception", "at io.");
    assertThat(Api.increase(id, 1).statusCode()).isEqualTo(200);
    // PostgreSQL refuses what this one records; its neighbours are not hurt.
    assertProblem(
        Api.send(id, INCREASE, "{\"by\":1,\"ticket\":\"poison\"}"),
        500,
        "urn:headrace:problem:defect",
        null);
    assertThat(Api.increase(id, 1).jsonPath().getLong("streamVersion")).isEqualTo(3);
  }

  private HttpResponse<String> post(String id, byte[] body, boolean chunked) throws Exception {
    var publisher =
        chunked
            ? HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))
            : HttpRequest.BodyPublishers.ofByteArray(body);
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      return http.send(
          HttpRequest.newBuilder(root.resolve("/counting/counters/" + id + "/open-counter"))
              .header("Content-Type", "application/json")
              .POST(publisher)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static void assertProblem(Response response, int status, String type, String field) {
    assertThat(response.statusCode()).as(response.asString()).isEqualTo(status);
    assertThat(response.contentType()).isEqualTo("application/problem+json");
    assertThat(response.jsonPath().getString("type")).isEqualTo(type);
    assertThat(response.jsonPath().getInt("status")).isEqualTo(status);
    assertThat(response.jsonPath().getString("title")).isNotBlank();
    assertThat(response.jsonPath().getString("detail")).isNotBlank();
    if (field != null) {
      assertThat(response.jsonPath().getString("field")).isEqualTo(field);
      assertThat(response.jsonPath().getList("errors.field", String.class)).contains(field);
    }
  }
}
