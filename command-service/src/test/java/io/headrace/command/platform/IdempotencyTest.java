package io.headrace.command.platform;

import static io.headrace.command.platform.Api.newId;
import static io.headrace.command.platform.Api.open;
import static io.headrace.command.platform.Api.request;
import static io.headrace.command.platform.Api.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.headrace.command.platform.idempotency.ForgetAnswers;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
class IdempotencyTest {

  @Inject ForgetAnswers forgetAnswers;

  private static Response keyed(String key, String id, String command, String body) {
    return send(request().header("Idempotency-Key", key), id, command, body);
  }

  @Test
  void the_same_command_again_gets_the_same_answer_marked_as_a_replay() {
    String id = newId();
    Response first = keyed(id, id, "open-counter", "{\"labels\":[],\"note\":\"n\"}");
    send(id, "increase-counter", "{\"by\":1}");
    Response again = keyed(id, id, "open-counter", " { \"note\" : \"n\", \"labels\" : [ ] }");
    assertThat(again.statusCode()).isEqualTo(first.statusCode()).isEqualTo(201);
    assertThat(again.asString()).isEqualTo(first.asString());
    for (String header : List.of("ETag", "Location", "Consistency-Token", "Content-Type")) {
      assertThat(again.getHeader(header)).isEqualTo(first.getHeader(header)).isNotNull();
    }
    assertThat(first.getHeader("Idempotency-Replayed")).isNull();
    assertThat(again.getHeader("Idempotency-Replayed")).isEqualTo("true");
    Api.state(id).then().body("streamVersion", equalTo(2));
  }

  @Test
  void a_rejection_and_an_acceptance_without_events_are_remembered_too() {
    String id = newId();
    Response rejected = keyed(id, id, "increase-counter", "{\"by\":1}");
    assertThat(rejected.statusCode()).isEqualTo(422);
    open(id);
    Response again = keyed(id, id, "increase-counter", "{\"by\":1}");
    assertThat(again.statusCode()).isEqualTo(422);
    assertThat(again.asString()).isEqualTo(rejected.asString());
    assertThat(again.getHeader("Idempotency-Replayed")).isEqualTo("true");

    Response nothing = keyed(id + "0", id, "increase-counter", "{\"by\":0}");
    send(id, "increase-counter", "{\"by\":1}");
    Response nothingAgain = keyed(id + "0", id, "increase-counter", "{\"by\":0}");
    assertThat(nothingAgain.asString()).isEqualTo(nothing.asString());
    assertThat(nothingAgain.getHeader("ETag")).isEqualTo("\"1\"");
  }

  @Test
  void a_key_that_was_used_for_something_else_is_refused() {
    String id = newId();
    keyed(id, id, "open-counter", Api.OPEN);
    long before = Log.events();
    for (Response other :
        List.of(
            keyed(id, id, "open-counter", "{\"labels\":[],\"note\":\"other\"}"),
            keyed(id, id, "increase-counter", "{\"by\":1}"),
            keyed(id, newId(), "open-counter", Api.OPEN))) {
      other
          .then()
          .statusCode(422)
          .contentType("application/problem+json")
          .body("type", equalTo("urn:headrace:problem:idempotency-key-reused"))
          .body("idempotencyKey", equalTo(id));
    }
    assertThat(Log.events()).isEqualTo(before);
  }

  @Test
  void a_retry_is_answered_even_if_its_precondition_no_longer_holds() {
    String id = newId();
    open(id);
    for (int i = 0; i < 2; i++) {
      Response answer =
          send(
              request().header("Idempotency-Key", id).header("If-Match", "\"1\""),
              id,
              "increase-counter",
              "{\"by\":1}");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.getHeader("ETag")).isEqualTo("\"2\"");
    }
    // A failed precondition is no decision: with the right version the key is still free.
    String key = newId();
    for (String[] step : new String[][] {{"\"1\"", "412"}, {"\"2\"", "200"}}) {
      assertThat(
              send(
                      request().header("Idempotency-Key", key).header("If-Match", step[0]),
                      id,
                      "increase-counter",
                      "{\"by\":1}")
                  .statusCode())
          .isEqualTo(Integer.parseInt(step[1]));
    }
  }

  @Test
  void of_many_at_once_one_takes_effect_and_all_are_answered_alike() throws Exception {
    String id = newId();
    open(id);
    String key = newId();
    List<Future<Response>> answers = new ArrayList<>();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 32; i++) {
        answers.add(
            clients.submit(() -> keyed(key, id, "increase-counter", "{\"by\":1,\"times\":2}")));
      }
    }
    int original = 0;
    for (Future<Response> answer : answers) {
      assertThat(answer.get().statusCode()).isEqualTo(200);
      assertThat(answer.get().getHeader("ETag")).isEqualTo("\"3\"");
      original += answer.get().getHeader("Idempotency-Replayed") == null ? 1 : 0;
    }
    assertThat(original).isEqualTo(1);
    Api.state(id).then().body("streamVersion", equalTo(3));
  }

  @Test
  void an_answer_is_kept_for_its_retention_and_no_longer() {
    String id = newId();
    keyed(id, id, "open-counter", Api.OPEN);
    String other = newId();
    keyed(other, other, "open-counter", Api.OPEN);
    Log.execute(
        "UPDATE idempotency SET recorded_at = now() - interval '7 days 1 minute' WHERE key = '"
            + id
            + "'");
    // More than one batch of them.
    Log.execute(
        "INSERT INTO idempotency SELECT 'old-' || i, '', '{}', now() - interval '8 days'"
            + " FROM generate_series(1, 4500) i");
    assertThat(forgetAnswers.forget(Duration.ofDays(7)).await().atMost(Duration.ofSeconds(30)))
        .isEqualTo(4501);
    keyed(id, id, "open-counter", Api.OPEN)
        .then()
        .statusCode(422)
        .body("type", equalTo("urn:headrace:rejection:counting:counter-already-open"));
    assertThat(keyed(other, other, "open-counter", Api.OPEN).getHeader("Idempotency-Replayed"))
        .isEqualTo("true");
  }
}
