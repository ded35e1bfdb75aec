package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.emptyString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.not;

import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class FreshnessTest {

  private static final Instant NOON = Instant.parse("2018-01-31T12:00:00Z");

  @BeforeEach
  void one_order() {
    Rows.clear();
    Rows.placed("o-1", "c-1", "placed", NOON);
    Rows.execute("INSERT INTO sellers_g1 VALUES ('s-1', 'BRL', 1, 1, 10, 0, 0, 0)");
    Rows.execute(
        """
        INSERT INTO view_partition VALUES
          ('orders', 1, 'ordering.events', 0, 12, 5, '2018-01-31 12:00:00+00', now()),
          ('orders', 1, 'payment.events', 3, 40, 20, '2018-01-31 12:00:07.25+00', now()),
          ('orders', 2, 'payment.events', 3, 99, 99, '2018-01-31 13:00:00+00', now())""");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/orders/o-1",
        "/orders",
        "/customers/c-1/orders",
        "/sellers/s-1",
        "/sales/daily?from=2018-01-01&to=2018-01-31",
        "/orders/unknown",
        "/sellers/unknown"
      })
  void every_answer_says_how_far_its_view_has_come(String path) {
    await()
        .atMost(Duration.ofSeconds(5))
        .untilAsserted(
            () ->
                assertThat(get(path).header("View-Position"))
                    .isEqualTo(
                        "view=\"orders\", generation=1, events=25, newest=\"2018-01-31T12:00:07.250Z\""));
  }

  @Test
  void an_answer_says_up_to_when_its_view_is_complete_and_how_old_that_is() {
    assertThat(position()).doesNotContain("complete-until", "age=");
    Rows.execute(
        """
        INSERT INTO view_freshness VALUES
          ('orders', 1, 'ordering.events', 0, now() - interval '7 seconds'),
          ('orders', 1, 'payment.events', 3, now()),
          ('orders', 2, 'payment.events', 3, now() - interval '1 hour')""");
    awaitPosition("complete-until=\"20[^\"]+Z\", age=(7|8|9|1\\d)\\.\\d$");
    // One partition of which nothing is known leaves all unknown.
    Rows.execute("INSERT INTO view_freshness VALUES ('orders', 1, 'payment.events', 4, NULL)");
    awaitPosition("newest=\"[^\"]+\"$");
  }

  @Test
  void the_worker_being_dead_answers_go_on_and_grow_older() {
    Rows.execute(
        "INSERT INTO view_freshness VALUES ('orders', 1, 'ordering.events', 0, now() - interval '50 seconds')");
    awaitPosition("age=5\\d");
    var before = age();
    await().atMost(Duration.ofSeconds(10)).until(() -> age() > before + 0.5);
    get("/orders/o-1").then().statusCode(200);
  }

  private static double age() {
    return Double.parseDouble(position().replaceAll(".*age=([0-9.]+).*", "$1"));
  }

  @Test
  void an_answer_says_that_events_are_parked_and_that_the_view_is_being_rebuilt() {
    Rows.execute(
        """
        INSERT INTO parked_lane (view, generation, kind, lane, reason, cause) VALUES
          ('orders', 1, 'key', 'o-2', 'failed', 'x'), ('orders', 1, 'stream', 's', 'gap', 'x'),
          ('orders', 2, 'stream', 's', 'gap', 'x')""");
    awaitPosition(", parked=2$");
    assertThat(get("/orders/o-2").header("View-Position")).endsWith(", parked=2, row-parked");
    assertThat(get("/sellers/s-1").header("View-Position")).endsWith(", parked=2");
    Rows.execute(
        """
        INSERT INTO view_generation (view, generation, view_version, state) VALUES ('orders', 7, 1, 'building');
        INSERT INTO view_rebuild (view, generation, replaces, cause) VALUES ('orders', 7, 1, 'requested')""");
    try {
      awaitPosition(", parked=2, rebuilding$");
      Rows.execute("UPDATE view_rebuild SET finished_at = now()");
      awaitPosition(", parked=2$");
    } finally {
      Rows.execute("DELETE FROM view_rebuild");
      Rows.asOwner("DELETE FROM view_generation WHERE generation = 7");
    }
  }

  @Test
  void a_swap_to_another_generation_tells_what_is_known_of_that_one() {
    Rows.execute(
        """
        INSERT INTO view_freshness VALUES
          ('orders', 1, 'ordering.events', 0, '2026-11-21T18:00:00Z'),
          ('orders', 3, 'ordering.events', 0, '2026-11-21T19:00:00Z')""");
    awaitPosition("generation=1, .*complete-until=\"2026-11-21T18:00:00Z\"");
    Rows.execute(
        """
        UPDATE view_generation SET state = 'retired' WHERE view = 'orders' AND generation = 1;
        INSERT INTO view_generation (view, generation, view_version, state) VALUES ('orders', 3, 1, 'live')""");
    try {
      awaitPosition("generation=3, .*complete-until=\"2026-11-21T19:00:00Z\"");
    } finally {
      Rows.asOwner("DELETE FROM view_generation WHERE generation = 3");
      Rows.execute("UPDATE view_generation SET state = 'live' WHERE view = 'orders'");
    }
  }

  private static String position() {
    return get("/orders/o-1").header("View-Position");
  }

  private static void awaitPosition(String pattern) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(position()).containsPattern(pattern));
  }

  @Test
  void whoever_has_an_answer_is_told_that_it_still_holds_or_gets_the_new_one() {
    var first = get("/orders/o-1");
    first.then().statusCode(200).header("Cache-Control", equalTo("private, no-cache"));
    var tag = first.header("ETag");
    assertThat(tag).matches("W/\"[0-9a-f]{24}\"");

    given()
        .header("If-None-Match", tag)
        .get("/orders/o-1")
        .then()
        .statusCode(304)
        .header("ETag", equalTo(tag))
        .body(emptyString());
    given().header("If-None-Match", "\"other\"").get("/orders/o-1").then().statusCode(200);
    given()
        .header("If-None-Match", "\"other\", " + tag.substring("W/".length()))
        .get("/orders/o-1")
        .then()
        .statusCode(304);

    Rows.execute("UPDATE orders_g1 SET status = 'confirmed'");
    given()
        .header("If-None-Match", tag)
        .get("/orders/o-1")
        .then()
        .statusCode(200)
        .header("ETag", not(equalTo(tag)))
        .body("status", equalTo("confirmed"));
  }

  @Test
  void lists_have_entity_tags_too() {
    var tag = get("/orders?status=placed").header("ETag");
    given().header("If-None-Match", tag).get("/orders?status=placed").then().statusCode(304);
    Rows.placed("o-2", "c-1", "placed", NOON);
    given().header("If-None-Match", tag).get("/orders?status=placed").then().statusCode(200);
  }

  @Test
  void head_has_the_headers_of_get_and_no_body() {
    given()
        .head("/orders/o-1")
        .then()
        .statusCode(200)
        .header("ETag", equalTo(get("/orders/o-1").header("ETag")))
        .body(emptyString());
  }
}
