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
