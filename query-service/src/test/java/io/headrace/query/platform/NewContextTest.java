package io.headrace.query.platform;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class NewContextTest {

  @BeforeEach
  void someIslands() {
    Rows.clear();
    Rows.execute(
        """
        INSERT INTO almanac VALUES
          ('Corfu', 'Ionian Sea', '2018-03-01'), ('Ithaca', 'Ionian Sea', '2018-01-31'),
          ('Naxos', 'Aegean Sea', '2018-02-01')""");
  }

  @Test
  void one_package_is_all_that_a_context_needs_to_be_served_by_key() {
    given()
        .get("/almanac/Ithaca")
        .then()
        .statusCode(200)
        .body("island", equalTo("Ithaca"))
        .body("seen", equalTo("2018-01-31"));
  }

  @Test
  void and_as_a_list_in_its_own_order_and_by_its_own_filters() {
    given()
        .get("/almanac")
        .then()
        .statusCode(200)
        .body("almanac.island", contains("Ithaca", "Naxos", "Corfu"));
    given()
        .queryParam("ocean", "Aegean Sea")
        .get("/almanac")
        .then()
        .body("almanac.island", contains("Naxos"));
    given()
        .queryParam("limit", 1)
        .get("/oceans/Ionian Sea/almanac")
        .then()
        .statusCode(200)
        .body("almanac.island", contains("Ithaca"))
        .header("Link", containsString("/oceans/Ionian%20Sea/almanac?limit=1&after="));
  }

  @Test
  void and_in_the_api_description() {
    given()
        .accept("application/json")
        .get("/q/openapi")
        .then()
        .statusCode(200)
        .body("paths.'/oceans/{ocean}/almanac'.get.operationId", equalTo("listAlmanacOfOceans"))
        .body("components.schemas.Island.properties.island.type", equalTo("string"));
  }
}
