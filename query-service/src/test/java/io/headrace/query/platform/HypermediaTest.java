package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsInAnyOrder;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the forms of an answer are: links, HAL, members asked for, compression. */
@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class HypermediaTest {

  private static final String HAL = "application/hal+json";

  @TestHTTPResource URI root;

  @BeforeEach
  void islands() {
    Rows.clear();
    Rows.execute(
        """
        INSERT INTO almanac VALUES
          ('Corfu', 'Ionian Sea', '2018-03-01', 906, 592.9, true),
          ('Ithaca', 'Ionian Sea', '2018-01-31', 806, 117.8, true),
          ('Delos', 'Aegean Sea', '2018-02-01', 112, 3.43, false),
          ('a/b & c', 'Sea?', '2018-02-02', NULL, NULL, false)""");
  }

  @Test
  void a_row_links_to_itself_its_collection_what_is_related_and_its_commands() {
    for (var type : new String[] {"application/json", HAL}) {
      given()
          .accept(type)
          .get("/almanac/Corfu")
          .then()
          .statusCode(200)
          .contentType(startsWith(type))
          .body("island", equalTo("Corfu"))
          .body("_links.self.href", equalTo("/almanac/Corfu"))
          .body("_links.collection.href", equalTo("/almanac"))
          .body("_links.same-ocean.href", equalTo("/oceans/Ionian%20Sea/almanac"))
          .body("_links.same-ocean.$", not(hasKey("method")))
          .body(
              "_links.forget-island.href",
              equalTo("https://islands.example/almanac/islands/Corfu/forget-island"))
          .body("_links.forget-island.method", equalTo("POST"));
    }
  }

  @Test
  void links_lead_where_they_say_whatever_the_key_is_made_of() {
    var href = get("/almanac?seen=2018-02-02&fields=_links").path("almanac[0]._links.self.href");
    assertThat(href).isEqualTo("/almanac/a%2Fb%20%26%20c");
    given()
        .urlEncodingEnabled(false)
        .get(href.toString())
        .then()
        .statusCode(200)
        .body("ocean", equalTo("Sea?"));
  }

  @Test
  void a_page_of_plain_json_links_to_itself_and_its_neighbours_and_its_rows_stay_bare() {
    get("/almanac?limit=2")
        .then()
        .contentType(startsWith("application/json"))
        .body("almanac[0]", not(hasKey("_links")))
        .body("_links.self.href", equalTo("/almanac?limit=2"))
        .body("_links.first.href", equalTo("/almanac?limit=2"))
        .body("_links.next.href", startsWith("/almanac?limit=2&after="))
        .body("_links", not(hasKey("prev")));
  }

  @Test
  void a_page_of_hal_embeds_its_rows_each_with_its_links() {
    given()
        .accept(HAL)
        .get("/almanac?limit=2&total=true")
        .then()
        .contentType(startsWith(HAL))
        .body("total", equalTo(4))
        .body("_embedded.almanac.island", contains("Ithaca", "Delos"))
        .body("_embedded.almanac._links.self.href", contains("/almanac/Ithaca", "/almanac/Delos"))
        .body("_links.next.href", startsWith("/almanac?limit=2&total=true&after="));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/hal+json, application/json;q=0.5 | application/hal+json",
        "application/json, application/hal+json       | application/json",
        "application/hal+json;q=0.1, */*              | application/json",
        "*/*                                          | application/json",
        "application/*                                | application/json"
      })
  void a_client_gets_the_form_that_it_prefers(String accept, String type) {
    given().header("Accept", accept).get("/almanac").then().contentType(startsWith(type));
  }

  @Test
  void a_client_gets_the_members_that_it_asks_for() {
    get("/almanac/Corfu?fields=island,seen")
        .then()
        .body("keySet()", containsInAnyOrder("island", "seen"));
    get("/almanac/Corfu?fields=island,_links")
        .then()
        .body("keySet()", containsInAnyOrder("island", "_links"));
    get("/almanac?fields=ocean")
        .then()
        .body("almanac[0].keySet()", contains("ocean"))
        .body("_links.self.href", equalTo("/almanac?fields=ocean"));
    given()
        .accept(HAL)
        .get("/almanac?fields=ocean")
        .then()
        .body("_embedded.almanac[0].keySet()", containsInAnyOrder("ocean", "_links"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "seen=2018-03-01                      | Corfu",
        "seen[gte]=2018-02-02                 | a/b & c, Corfu",
        "seen[gt]=2018-01-31&seen[lt]=2018-02-02 | Delos",
        "seen[lte]=2018-01-31                 | Ithaca",
        "seen[in]=2018-01-31,2018-03-01       | Ithaca, Corfu",
        "ocean[in]=Aegean Sea,Sea?            | Delos, a/b & c",
        "ocean[ne]=Ionian Sea                 | Delos, a/b & c",
        "height[gt]=112                       | Ithaca, Corfu",
        "height[ne]=112                       | Ithaca, Corfu",
        "area[lt]=117.80                      | Delos",
        "area=117.80                          | Ithaca",
        "area[in]=3.430,592.9                 | Delos, Corfu",
        "inhabited=true&height[lt]=900        | Ithaca"
      })
  void filters_compare_as_they_say(String query, String islands) {
    var parameters = given();
    for (var parameter : query.split("&")) {
      var parts = parameter.split("=", 2);
      parameters.queryParam(parts[0], parts[1]);
    }
    assertThat(
            parameters
                .get("/almanac")
                .then()
                .statusCode(200)
                .extract()
                .jsonPath()
                .getList("almanac.island"))
        .containsExactly((Object[]) islands.split(", "));
  }

  @Test
  void answers_are_compressed_for_whoever_accepts_it_under_the_same_tag() throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var plain =
          client.send(
              HttpRequest.newBuilder(root.resolve("/almanac")).build(), BodyHandlers.ofString());
      var compressed =
          client.send(
              HttpRequest.newBuilder(root.resolve("/almanac"))
                  .header("Accept-Encoding", "gzip")
                  .build(),
              BodyHandlers.ofByteArray());
      assertThat(plain.headers().firstValue("Content-Encoding")).isEmpty();
      assertThat(compressed.headers().firstValue("Content-Encoding")).hasValue("gzip");
      assertThat(compressed.headers().firstValue("ETag"))
          .isEqualTo(plain.headers().firstValue("ETag"));
      try (var in = new GZIPInputStream(new ByteArrayInputStream(compressed.body()))) {
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(plain.body());
      }
    }
    given()
        .header("Accept", HAL)
        .get("/almanac")
        .then()
        .header("Vary", containsString("Accept"))
        .header("Cache-Control", equalTo("private, no-cache"));
  }
}
