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
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;

import io.headrace.command.platform.spi.Identifier;
import io.headrace.events.platform.ConsistencyToken;
import io.headrace.events.platform.ConsistencyTokens;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.Header;
import io.restassured.response.Response;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class CommandApiTest {

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
        .body("paths", hasKey("/counting/counters/{id}/open-counter"))
        .body("paths", hasKey("/ordering/orders/{id}/place-order"))
        .body("paths", hasKey("/commands"))
        .body("paths", hasKey("/log"))
        .body("paths", hasKey("/log/streams/{streamId}"))
        .body("paths", not(hasKey("/{context}/{collection}/{id}/{command}")))
        .body(
            "components.schemas.PlaceOrder.properties.customerId.pattern",
            equalTo(Identifier.PATTERN));
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

  /**
   * As if another replica were faster each time: the head of this stream does not advance for us.
   */
  @Test
  void a_command_that_loses_again_and_again_gives_up() {
    String id = newId();
    open(id);
    Log.execute(
        """
        CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF new.stream_id = 'counter-%s' THEN RETURN NULL; END IF;
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
          .body("type", equalTo("urn:headrace:problem:contended"));
      assertThat(open(newId()).statusCode()).isEqualTo(201);
    } finally {
      Log.execute("DROP TRIGGER lose ON stream; DROP FUNCTION lose()");
    }
    increase(id, 1).then().statusCode(200).body("streamVersion", equalTo(2));
  }
}
