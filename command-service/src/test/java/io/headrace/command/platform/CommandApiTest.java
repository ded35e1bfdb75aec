package io.headrace.command.platform;

import static io.headrace.command.platform.Api.increase;
import static io.headrace.command.platform.Api.newId;
import static io.headrace.command.platform.Api.open;
import static io.headrace.command.platform.Api.request;
import static io.headrace.command.platform.Api.send;
import static io.headrace.command.platform.Api.state;
import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BooleanNode;
import io.headrace.command.platform.dispatch.Aggregate;
import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.EventLog.NewEvent;
import io.headrace.command.platform.log.EventLog.StreamAppend;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.events.platform.ConsistencyToken;
import io.headrace.events.platform.ConsistencyTokens;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.Header;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class CommandApiTest {

  private static final String KNOWN = "is unknown; known are ";

  @Inject EventLog log;
  @Inject Aggregates aggregates;

  @Test
  void the_first_command_creates_the_stream_and_the_next_ones_extend_it() {
    String id = newId();
    open(id)
        .then()
        .statusCode(201)
        .header("ETag", "\"1\"")
        .header("Location", endsWith("/counting/counters/" + id))
        .body("streamId", equalTo("counter-" + id))
        .body("streamVersion", equalTo(1))
        .body("events", contains("counting.CounterOpened.v1"));
    send(id, "increase-counter", "{\"by\":5,\"times\":3}")
        .then()
        .statusCode(200)
        .header("ETag", "\"4\"")
        .body("streamVersion", equalTo(4))
        .body("events", hasSize(3));
    state(id)
        .then()
        .statusCode(200)
        .header("ETag", "\"4\"")
        .body("streamVersion", equalTo(4))
        .body("state.status", equalTo("open"))
        .body("state.total", equalTo(15));
  }

  @Test
  void a_command_that_changes_nothing_is_accepted_without_events() {
    String id = newId();
    open(id);
    increase(id, 0)
        .then()
        .statusCode(200)
        .header("ETag", "\"1\"")
        .body("events", hasSize(0))
        .body("streamVersion", equalTo(1));
  }

  @Test
  void the_consistency_token_names_the_stream_and_the_version_that_the_command_left_it_at() {
    String id = newId();
    assertThat(token(open(id))).contains(new ConsistencyToken("counting", "counter-" + id, 1));
    assertThat(token(increase(id, 2)))
        .contains(new ConsistencyToken("counting", "counter-" + id, 2));
    assertThat(token(send(id, "open-counter", Api.OPEN)))
        .as("of a refusal: what it was decided on")
        .contains(new ConsistencyToken("counting", "counter-" + id, 2));
    assertThat(token(get("/counting/counters/" + id)))
        .contains(new ConsistencyToken("counting", "counter-" + id, 2));
    assertThat(get("/counting/counters/" + id + "/events?after-version=9").getHeaders())
        .as("of a version that never was")
        .noneMatch(header -> header.hasSameNameAs(new Header("Consistency-Token", "")));
  }

  private static Optional<ConsistencyToken> token(Response answer) {
    return new ConsistencyTokens(List.of("headrace")).decode(answer.getHeader("Consistency-Token"));
  }

  @Test
  void a_rejection_is_a_problem_with_the_components_of_the_reason() {
    String id = newId();
    increase(id, 1)
        .then()
        .statusCode(422)
        .contentType("application/problem+json")
        .body("type", equalTo("urn:headrace:rejection:counting:counter-not-open"))
        .body("title", equalTo("Counter not open"))
        .body("status", equalTo(422))
        .body("detail", equalTo("There is no counter " + id + "."))
        .body("counterId", equalTo(id));
    open(id);
    send(id, "open-counter", Api.OPEN)
        .then()
        .statusCode(422)
        .header("ETag", "\"1\"")
        .body("type", equalTo("urn:headrace:rejection:counting:counter-already-open"))
        .body("status", equalTo(422))
        .body("counterStatus", equalTo("open"));
  }

  @Test
  void the_state_at_an_earlier_version_is_served() {
    String id = newId();
    open(id);
    increase(id, 2);
    increase(id, 3);
    given()
        .get("/counting/counters/{id}?at-version=2", id)
        .then()
        .statusCode(200)
        .header("ETag", "\"2\"")
        .body("state.total", equalTo(2));
    given()
        .get("/counting/counters/{id}?at-version=9", id)
        .then()
        .statusCode(404)
        .body("type", equalTo("urn:headrace:problem:unknown-version"));
    given().get("/counting/counters/{id}?at-version=0", id).then().statusCode(400);
  }

  @Test
  void the_history_comes_in_pages() {
    String id = newId();
    open(id);
    send(id, "increase-counter", "{\"by\":1,\"times\":4,\"ticket\":\"t\"}");
    String link =
        given()
            .get("/counting/counters/{id}/events?limit=2", id)
            .then()
            .statusCode(200)
            .body("events.streamVersion", contains(1, 2))
            .body("events[0].id", equalTo("counter-" + id + "@1"))
            .body("events[0].type", equalTo("counting.CounterOpened.v1"))
            .body("events[0].data.counterId", equalTo(id))
            .body("events[0].data", not(hasKey("note")))
            .body("events[0].metadata", hasKey("ce_correlationid"))
            .extract()
            .header("Link");
    String next = link.substring(1, link.indexOf('>'));
    given().urlEncodingEnabled(false).get(next).then().body("events.streamVersion", contains(3, 4));
    given()
        .get("/counting/counters/{id}/events?after-version=5", id)
        .then()
        .statusCode(200)
        .body("events", hasSize(0));
    given()
        .get("/counting/counters/{id}/events", newId())
        .then()
        .statusCode(404)
        .body("type", equalTo("urn:headrace:problem:unknown-stream"));
  }

  /** However many are asked for: large events are fewer a page, and the state is of them all. */
  @Test
  void a_page_of_large_events_is_a_short_one() {
    String id = newId();
    for (int i = 0; i < 3; i++) {
      send(id, "fill-counter", "{\"bytes\":800000}").then().statusCode(i == 0 ? 201 : 200);
    }
    String link =
        given()
            .get("/counting/counters/{id}/events?limit=1000", id)
            .then()
            .statusCode(200)
            .body("events.streamVersion", contains(1, 2))
            .extract()
            .header("Link");
    String next = link.substring(1, link.indexOf('>'));
    given()
        .urlEncodingEnabled(false)
        .get(next)
        .then()
        .header("Link", nullValue())
        .body("events.streamVersion", contains(3));
    given()
        .get("/counting/counters/{id}?at-version=3", id)
        .then()
        .statusCode(200)
        .header("ETag", "\"3\"");
  }

  @Test
  void an_unknown_stream_is_not_found() {
    state(newId())
        .then()
        .statusCode(404)
        .contentType("application/problem+json")
        .body("type", equalTo("urn:headrace:problem:unknown-stream"));
  }

  @Test
  void a_correlation_id_is_taken_over_or_made_and_stored_with_the_event() {
    String id = newId();
    send(
            request()
                .header("X-Correlation-ID", "trip-42")
                .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
            id,
            "open-counter",
            Api.OPEN)
        .then()
        .header("X-Correlation-ID", "trip-42");
    given()
        .get("/counting/counters/{id}/events", id)
        .then()
        .body("events[0].metadata.ce_correlationid", equalTo("trip-42"))
        .body(
            "events[0].metadata.traceparent",
            equalTo("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
    assertThat(increase(id, 1).getHeader("X-Correlation-ID")).hasSize(36);
  }

  @Test
  void if_match_lets_only_the_current_version_pass() {
    String id = newId();
    open(id);
    send(request().header("If-Match", "\"1\""), id, "increase-counter", "{\"by\":1}")
        .then()
        .statusCode(200);
    send(request().header("If-Match", "\"1\""), id, "increase-counter", "{\"by\":1}")
        .then()
        .statusCode(412)
        .header("ETag", "\"2\"")
        .body("type", equalTo("urn:headrace:problem:stale-version"))
        .body("currentVersion", equalTo(2));
    send(request().header("If-Match", "*"), id, "increase-counter", "{\"by\":1}")
        .then()
        .statusCode(200);
    send(request().header("If-None-Match", "*"), id, "increase-counter", "{\"by\":1}")
        .then()
        .statusCode(412);
    send(request().header("If-Match", "*"), newId(), "open-counter", Api.OPEN)
        .then()
        .statusCode(412)
        .body("currentVersion", equalTo(0));
    send(request().header("If-None-Match", "*"), newId(), "open-counter", Api.OPEN)
        .then()
        .statusCode(201);
    state(id).then().body("state.total", equalTo(2));
  }

  @Test
  void the_api_description_has_every_command_and_what_the_platform_serves() {
    given()
        .accept("application/json")
        .get("/q/openapi?format=json")
        .then()
        .statusCode(200)
        .body("paths", hasKey("/commands"))
        .body("paths", hasKey("/log"))
        .body("paths", hasKey("/log/streams/{streamId}"))
        .body("paths", not(hasKey("/{context}/{collection}/{id}/{command}")))
        .body(
            "components.schemas.PlaceOrder.properties.customerId.pattern",
            equalTo(Identifier.PATTERN));
  }

  /**
   * Of every command there is: what the description calls required is what the service finds
   * missing, and the properties are the fields that it says it knows.
   */
  @Test
  void the_api_description_of_each_command_is_of_what_the_service_takes() throws Exception {
    JsonNode api = new ObjectMapper().readTree(get("/q/openapi?format=json").asByteArray());
    assertThat(aggregates.all()).hasSizeGreaterThan(4);
    for (Aggregate aggregate : aggregates.all()) {
      String root = "/" + aggregate.context() + "/" + aggregate.collection() + "/{id}";
      assertThat(api.path("paths").path(root).has("get")).as(root).isTrue();
      assertThat(api.path("paths").path(root + "/events").has("get")).as(root).isTrue();
      assertThat(aggregate.commands()).as(root).isNotEmpty();
      for (String command : aggregate.commands().keySet()) {
        describes(api, root + "/" + command);
      }
    }
  }

  private static void describes(JsonNode api, String path) {
    JsonNode post = api.path("paths").path(path).path("post");
    assertThat(names(post.path("responses")))
        .as(path)
        .contains("200", "201", "400", "404", "409", "412", "413", "415", "422", "500", "503");
    assertThat(post.path("parameters"))
        .as(path)
        .extracting(parameter -> parameter.path("name").asText())
        .containsExactlyInAnyOrder(
            "id",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "X-Correlation-ID",
            "X-Causation-ID");
    JsonNode body = post.path("requestBody");
    assertThat(body.path("required").asBoolean()).as(path).isTrue();
    String reference =
        body.path("content").path("application/json").path("schema").path("$ref").asText();
    assertThat(reference).as(path).startsWith("#/components/schemas/");
    JsonNode schema = api.at(reference.substring(1));
    assertThat(schema.path("additionalProperties")).as(path).isEqualTo(BooleanNode.FALSE);

    Set<String> missing = new TreeSet<>();
    Set<String> known = new TreeSet<>();
    request()
        .body("{\"unheard-of\":1}")
        .post(path, newId())
        .then()
        .statusCode(400)
        .extract()
        .jsonPath()
        .<Map<String, String>>getList("errors")
        .forEach(
            error -> {
              if (error.get("field").equals("unheard-of")) {
                assertThat(error.get("message")).as(path).startsWith(KNOWN);
                known.addAll(List.of(error.get("message").substring(KNOWN.length()).split(", ")));
              } else {
                assertThat(error.get("message")).as(path).isEqualTo("is missing");
                missing.add(error.get("field"));
              }
            });
    Set<String> required = new TreeSet<>();
    schema.path("required").forEach(name -> required.add(name.asText()));
    assertThat(required).as(path).isEqualTo(missing);
    assertThat(names(schema.path("properties"))).as(path).isEqualTo(known);
  }

  private static Set<String> names(JsonNode object) {
    Set<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  /** "0" is what a 412 tells of a stream without events, so it can be sent back. */
  @Test
  void the_version_of_a_stream_that_is_not_there_is_0() {
    String id = newId();
    send(request().header("If-Match", "\"1\""), id, "open-counter", Api.OPEN)
        .then()
        .statusCode(412)
        .body("currentVersion", equalTo(0));
    send(request().header("If-Match", "\"0\""), id, "open-counter", Api.OPEN)
        .then()
        .statusCode(201);
    send(request().header("If-Match", "\"0\""), id, "increase-counter", "{\"by\":1}")
        .then()
        .statusCode(412)
        .header("ETag", "\"1\"")
        .body("currentVersion", equalTo(1));
  }

  @Test
  void without_a_precondition_commands_that_race_all_happen() throws Exception {
    String id = newId();
    open(id);
    try (var clients = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 40; i++) {
        clients.submit(() -> increase(id, 1).then().statusCode(200));
      }
    }
    state(id).then().body("streamVersion", equalTo(41)).body("state.total", equalTo(40));
  }

  @Test
  void what_another_replica_has_appended_is_served() {
    String id = newId();
    open(id);
    appendBehindTheCache(id, 1);
    state(id)
        .then()
        .header("ETag", "\"2\"")
        .body("streamVersion", equalTo(2))
        .body("state.total", equalTo(100));
  }

  @Test
  void a_precondition_on_a_version_that_another_replica_has_left_behind_fails() {
    String id = newId();
    open(id);
    appendBehindTheCache(id, 1);
    send(request().header("If-Match", "\"1\""), id, "increase-counter", "{\"by\":1}")
        .then()
        .statusCode(412)
        .header("ETag", "\"2\"")
        .body("currentVersion", equalTo(2));
    state(id).then().body("streamVersion", equalTo(2));
  }

  @Test
  void a_precondition_on_a_version_that_only_another_replica_knows_holds() {
    String id = newId();
    open(id);
    appendBehindTheCache(id, 1);
    send(request().header("If-Match", "\"2\""), id, "increase-counter", "{\"by\":1}")
        .then()
        .statusCode(200)
        .header("ETag", "\"3\"");
    state(id).then().body("state.total", equalTo(101));
  }

  @Test
  void without_a_precondition_a_command_follows_what_another_replica_has_appended() {
    String id = newId();
    open(id);
    for (int i = 1; i < 6; i += 2) {
      appendBehindTheCache(id, i);
      increase(id, 1).then().statusCode(200).header("ETag", "\"" + (i + 2) + "\"");
    }
    state(id).then().body("state.total", equalTo(303));
  }

  @Test
  void no_outcome_is_told_of_a_state_that_another_replica_has_left_behind() {
    String id = newId();
    increase(id, 1).then().statusCode(422);
    behindTheCache(
        id, 0, "counting.CounterOpened.v1", "\"labels\":[],\"openedAt\":\"2026-01-01T00:00:00Z\"");
    increase(id, 1).then().statusCode(200).header("ETag", "\"2\"");
    behindTheCache(id, 2, "counting.CounterIncreased.v1", "\"by\":999999");
    increase(id, 1)
        .then()
        .statusCode(422)
        .header("ETag", "\"3\"")
        .body("type", equalTo("urn:headrace:rejection:counting:counter-full"));
  }

  private void appendBehindTheCache(String id, long expectedVersion) {
    behindTheCache(id, expectedVersion, "counting.CounterIncreased.v1", "\"by\":100");
  }

  /** As another replica appends: this one's cache hears nothing of it. */
  private void behindTheCache(String id, long expectedVersion, String type, String data) {
    String payload = "{\"counterId\":\"%s\",%s}".formatted(id, data);
    assertThat(
            log.append(
                    List.of(
                        new StreamAppend(
                            "counter-" + id,
                            expectedVersion,
                            List.of(new NewEvent("counting", type, id, "{}", payload)),
                            List.of())))
                .await()
                .atMost(Duration.ofSeconds(30))
                .done())
        .containsExactly(true);
  }

  /**
   * As if another replica were faster each time: the head of this stream does not advance for us. A
   * sequence counts the tries, as it does not go back when one is rolled back.
   */
  @Test
  void a_command_that_loses_again_and_again_gives_up_after_twenty_tries() {
    String id = newId();
    open(id);
    Log.execute(
        """
        CREATE SEQUENCE tries;
        CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
          IF new.stream_id = 'counter-%s' THEN
            PERFORM nextval('public.tries');
            RETURN NULL;
          END IF;
          RETURN new;
        END $$;
        CREATE TRIGGER lose BEFORE UPDATE ON stream FOR EACH ROW EXECUTE FUNCTION lose();
        """
            .formatted(id));
    try {
      increase(id, 1)
          .then()
          .statusCode(409)
          .contentType("application/problem+json")
          .header("Retry-After", equalTo("1"))
          .body("type", equalTo("urn:headrace:problem:contended"))
          .body("detail", containsString("each of the 20 times"));
      assertThat(Log.number("SELECT last_value FROM tries")).isEqualTo(20);
      assertThat(open(newId()).statusCode()).isEqualTo(201);
    } finally {
      Log.execute("DROP TRIGGER lose ON stream; DROP FUNCTION lose(); DROP SEQUENCE tries");
    }
    increase(id, 1).then().statusCode(200).body("streamVersion", equalTo(2));
  }
}
