package io.headrace.query.platform;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.endsWith;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;

import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.Method;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class RefusalsTest {

  private static final Instant NOON = Instant.parse("2018-01-31T12:00:00Z");

  @TestHTTPResource URI root;

  @BeforeEach
  void one_order() {
    Rows.clear();
    Rows.placed("o-1", "c-1", "placed", NOON);
    Rows.execute("INSERT INTO sellers_g1 VALUES ('s-1', 'BRL', 1, 1, 10, 0, 0, 0)");
    Rows.execute("INSERT INTO daily_sales_g1 VALUES ('2018-01-31', 'BRL', 1, 10, 0, 0)");
  }

  @Test
  void an_unknown_parameter_is_named_together_with_those_that_exist() {
    problem(400, "/orders?stauts=placed")
        .body("type", equalTo("urn:headrace:problem:unknown-parameter"))
        .body("field", equalTo("stauts"))
        .body("detail", containsString("status"))
        .body("allowed", hasItems("status", "customerId", "sort", "limit", "after", "before"));
    problem(400, "/customers/c-1/orders?customerId=c-2").body("field", equalTo("customerId"));
    problem(400, "/orders/o-1?status=placed").body("field", equalTo("status"));
    problem(400, "/customers/c-1/orders?customerId[in]=c-2")
        .body("field", equalTo("customerId[in]"));
    problem(400, "/orders?placedAt[after]=2018-01-01T00:00:00Z")
        .body("field", equalTo("placedAt[after]"))
        .body(
            "allowed", hasItems("placedAt[gt]", "placedAt[gte]", "placedAt[lt]", "placedAt[lte]"));
    problem(400, "/orders?customerId[gt]=c").body("field", equalTo("customerId[gt]"));
    problem(400, "/sellers/s-1?x=1").body("field", equalTo("x"));
    problem(400, "/sales/daily?from=2018-01-01&to=2018-01-02&day=1").body("field", equalTo("day"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /orders?status=lost                               | status     | placed
          /orders?status=PLACED                             | status     | placed
          /orders?status=                                   | status     | placed
          /orders?status=placed&status=shipped              | status     | once
          /orders?customerId=                               | customerId | characters
          /orders?customerId=a%00b                          | customerId | control
          /orders?limit=0                                   | limit      | 200
          /orders?limit=-1                                  | limit      | 200
          /orders?limit=1.5                                 | limit      | 200
          /orders?limit=99999999999                         | limit      | 200
          /orders?limit=                                    | limit      | 200
          /orders?sort=total                                | sort       | -placedAt
          /orders?sort=placedAt,status                      | sort       | status,placedAt
          /orders?placedAt[gte]=yesterday                   | placedAt[gte] | 2018-01-31T12:30:00Z
          /orders?placedAt[lt]=                             | placedAt[lt] | time
          /orders?status[in]=placed,lost                    | status[in] | shipped
          /orders?status[in]=                               | status[in] | shipped
          /orders?status[ne]=lost                           | status[ne] | shipped
          /orders?fields=orderId,price                      | fields     | total
          /orders?fields=                                   | fields     | total
          /orders/o-1?fields=orderId,,total                 | fields     | total
          /orders?total=yes                                 | total      | true
          /almanac?height=tall                              | height     | whole number
          /almanac?height[gt]=2147483648                    | height[gt] | whole number
          /almanac?area[gt]=1e9                             | area[gt]   | decimal
          /almanac?area=NaN                                 | area       | decimal
          /almanac?inhabited=1                              | inhabited  | true or false
          /orders/a%00b                                     | orderId    | control
          /customers/a%0Ab/orders                           | customerId | control
          /sellers/a%00b                                    | sellerId   | control
          /sales/daily                                      | from       | date
          /sales/daily?from=2018-01-01                      | to         | date
          /sales/daily?from=2018-13-01&to=2018-12-01        | from       | date
          /sales/daily?from=2018-02-30&to=2018-12-01        | from       | date
          /sales/daily?from=2018-01-01T00:00:00Z&to=2018-12-01 | from    | date
          /sales/daily?from=-999999999-01-01&to=2018-12-01  | from       | date
          /sales/daily?from=2018-01-02&to=2018-01-01        | to         | 2018-01-02
          """)
  void a_value_that_cannot_be_is_refused_by_name_with_what_is_allowed(
      String path, String field, String allowed) {
    problem(400, path)
        .body("type", equalTo("urn:headrace:problem:invalid-parameter"))
        .body("field", equalTo(field))
        .body("detail", containsString(allowed));
  }

  @Test
  void a_filter_takes_so_many_values_and_no_more() {
    ok("/orders?customerId[in]=c-1" + ",c".repeat(99)).body("orders.size()", equalTo(1));
    problem(400, "/orders?customerId[in]=c-1" + ",c".repeat(100))
        .body("field", equalTo("customerId[in]"))
        .body("detail", containsString("100"));
  }

  @Test
  void a_text_over_its_length_is_refused() {
    problem(400, "/orders?customerId=" + "x".repeat(201)).body("field", equalTo("customerId"));
    problem(400, "/orders/" + "x".repeat(201)).body("field", equalTo("orderId"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "' OR '1'='1",
        "'; DROP TABLE orders_g1; --",
        "o-1' UNION SELECT 1 --",
        "\\'; SELECT pg_sleep(5) --",
        "$1",
        ":key or 1 = 1",
        "{ts '2018-01-01'}",
        "%' or placedAt is not null or 'a' like '%",
        "1) or (1=1"
      })
  void sql_in_any_place_is_a_value_like_any_other(String sql) {
    var value = URLEncoder.encode(sql, StandardCharsets.UTF_8).replace("+", "%20");
    problem(404, "/orders/" + value);
    problem(404, "/sellers/" + value);
    problem(404, "/almanac/" + value);
    ok("/customers/" + value + "/orders").body("orders.size()", equalTo(0));
    ok("/orders?customerId=" + value).body("orders.size()", equalTo(0));
    ok("/almanac?ocean=" + value).body("almanac.size()", equalTo(0));
    ok("/orders?customerId[in]=" + value).body("orders.size()", equalTo(0));
    ok("/orders?customerId[ne]=" + value).body("orders.size()", equalTo(1));
    ok("/orders?orderId[in]=o-1," + value).body("orders.size()", equalTo(1));
    for (var name :
        new String[] {
          "status", "status[in]", "status[ne]", "placedAt", "placedAt[gte]", "placedAt[in]"
        }) {
      problem(400, "/orders?" + name + "=" + value).body("field", equalTo(name));
    }
    for (var name : new String[] {"height", "area[lt]", "inhabited", "seen[lte]"}) {
      problem(400, "/almanac?" + name + "=" + value).body("field", equalTo(name));
    }
    problem(400, "/orders?status[" + value + "]=placed")
        .body("type", endsWith("unknown-parameter"));
    problem(400, "/orders?fields=" + value).body("field", equalTo("fields"));
    problem(400, "/orders/o-1?fields=" + value).body("field", equalTo("fields"));
    problem(400, "/orders?total=" + value).body("field", equalTo("total"));
    problem(400, "/orders?sort=" + value).body("field", equalTo("sort"));
    problem(400, "/orders?limit=" + value).body("field", equalTo("limit"));
    problem(400, "/orders?after=" + value).body("field", equalTo("after"));
    problem(400, "/orders?before=" + value).body("field", equalTo("before"));
    problem(400, "/orders?" + value + "=1").body("field", equalTo(sql));
    problem(400, "/sales/daily?to=2018-01-01&from=" + value).body("field", equalTo("from"));
    problem(400, "/sales/daily?from=2018-01-01&to=" + value).body("field", equalTo("to"));
    ok("/orders/o-1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/nothing",
        "/nothing/1",
        "/a/b/c",
        "/a/b/c/d",
        "/customers/c-1",
        "/q/nothing",
        "/sales",
        "/sales/weekly",
        "/sellers/s-1/orders",
        "/customers/c-1/almanac"
      })
  void there_is_nothing_at_an_unknown_path(String path) {
    problem(404, path).body("type", equalTo("urn:headrace:problem:not-found"));
  }

  @ParameterizedTest
  @EnumSource(names = {"POST", "PUT", "DELETE", "PATCH"})
  void the_query_side_only_reads(Method method) {
    for (var path : new String[] {"/orders", "/orders/o-1", "/sellers/s-1", "/sales/daily"}) {
      given()
          .request(method, path)
          .then()
          .statusCode(405)
          .contentType(startsWith("application/problem+json"))
          .header("Allow", containsString("GET"))
          .body("type", equalTo("urn:headrace:problem:method-not-allowed"));
    }
  }

  @Test
  void what_is_not_json_cannot_be_had() {
    given()
        .accept("text/csv")
        .get("/orders")
        .then()
        .statusCode(406)
        .contentType(startsWith("application/problem+json"))
        .body("type", equalTo("urn:headrace:problem:not-acceptable"));
  }

  @Test
  void a_defect_is_answered_with_an_id_and_nothing_of_its_inside() {
    Rows.execute("UPDATE orders_g1 SET lines = '[{\"quantity\": \"many\"}]'");
    var id =
        problem(500, "/orders/o-1")
            .body("type", equalTo("urn:headrace:problem:internal-error"))
            .body("detail", not(containsString("Exception")))
            .extract()
            .<String>path("instance");
    assertThat(id).startsWith("urn:uuid:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/orders?customerId=%zz",
        "/orders?%=1",
        "/orders/%zz",
        "/orders/o-1%2",
        "/customers/%c/orders",
        "/sales/daily?from=%zz&to=2018-01-01",
        "/views/orders/export?format=csv&x=%zz",
        "/graphql?query=%zz",
        "/q/health/%zz"
      })
  // Quarkus answers what is no URI (VertxHttpRecorder.ACTUAL_ROOT) before any filter or route of
  // ours could, with nothing but the status.
  void what_is_no_uri_is_refused_without_a_word(String path) throws IOException {
    assertThat(raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 400 ")
        .containsIgnoringCase("content-length: 0\r\n")
        .endsWith("\r\n\r\n");
  }

  @Test
  void a_percent_sign_that_is_encoded_is_a_value_like_any_other() {
    problem(404, "/orders/100%25zz");
    ok("/orders?customerId=100%25zz").body("orders.size()", equalTo(0));
  }

  private String raw(String request) throws IOException {
    try (var socket = new Socket(root.getHost(), root.getPort())) {
      socket.setSoTimeout(5000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static ValidatableResponse ok(String path) {
    return given().urlEncodingEnabled(false).get(path).then().statusCode(200);
  }

  private static ValidatableResponse problem(int status, String path) {
    return given()
        .urlEncodingEnabled(false)
        .get(path)
        .then()
        .statusCode(status)
        .contentType(startsWith("application/problem+json"))
        .body("status", equalTo(status));
  }
}
