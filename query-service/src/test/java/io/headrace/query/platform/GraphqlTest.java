package io.headrace.query.platform;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class GraphqlTest {

  private static final Instant NOON = Instant.parse("2018-01-31T12:00:00Z");

  @BeforeEach
  void orders_of_sellers() {
    Rows.clear();
    for (int i = 0; i < 30; i++) {
      Rows.placed(
          "o-%02d".formatted(i),
          "c-" + i % 3,
          i % 2 == 0 ? "placed" : "shipped",
          NOON.plusSeconds(i));
    }
    Rows.execute(
        """
        UPDATE orders_g1 SET sellers = jsonb_build_array('s-' || right(order_id, 1), 's-none');
        INSERT INTO sellers_g1 SELECT 's-' || n, 'BRL', n, n, n, 0, 0, 0 FROM generate_series(0, 9) n;
        INSERT INTO almanac VALUES
          ('Corfu', 'Ionian Sea', '2018-03-01', 906, 592.9, true),
          ('Ithaca', 'Ionian Sea', '2018-01-31', 806, 117.8, true),
          ('Delos', 'Aegean Sea', '2018-02-01', 112, 3.43, false)""");
  }

  @Test
  void a_row_is_found_by_its_key_typed_like_its_representation() {
    var data =
        ask(
            "{ order(orderId: \"o-07\") { orderId status late placedAt reviews total { amount currency } sellers confirmedAt } }");
    assertThat(data.getString("data.order.status")).isEqualTo("shipped");
    assertThat(data.getString("data.order.total.amount")).isEqualTo("12.50");
    assertThat(data.getString("data.order.placedAt")).isEqualTo("2018-01-31T12:00:07Z");
    assertThat(data.getBoolean("data.order.late")).isFalse();
    assertThat(data.getInt("data.order.reviews")).isZero();
    assertThat(data.getList("data.order.sellers")).containsExactly("s-7", "s-none");
    assertThat(data.<Object>get("data.order.confirmedAt")).isNull();
    assertThat(ask("{ order(orderId: \"nobody\") { orderId } }").<Object>get("data.order"))
        .isNull();
  }

  @Test
  void a_list_has_the_filters_and_orders_of_its_endpoint() {
    assertThat(
            ask("{ orders(filter: {status: {eq: \"placed\"}, placedAt: {lt: \"2018-01-31T12:00:05Z\"}}, sort: placedAt_ASC) { rows { orderId } total } }")
                .getList("data.orders.rows.orderId"))
        .containsExactly("o-00", "o-02", "o-04");
    var some =
        ask(
            "{ orders(filter: {orderId: {in: [\"o-01\", \"o-03\", \"o-99\"]}}) { rows { orderId } total position { view generation } } }");
    assertThat(some.getList("data.orders.rows.orderId")).containsExactly("o-03", "o-01");
    assertThat(some.getInt("data.orders.total")).isEqualTo(2);
    assertThat(some.getString("data.orders.position.view")).isEqualTo("orders");
    assertThat(
            ask("{ almanac(filter: {height: {gt: 200}, inhabited: {eq: true}, area: {lte: \"592.9\"}, seen: {gte: \"2018-02-01\"}}) { rows { island } } }")
                .getList("data.almanac.rows.island"))
        .containsExactly("Corfu");
    assertThat(ask("{ views }").getList("data.views")).contains("orders", "almanac");
  }

  @Test
  void variables_are_values_like_any_other() {
    var answer =
        send(
            Map.of(
                "query",
                "query($id: String!, $limit: Int, $filter: OrdersFilter) { order(orderId: $id) { orderId } orders(limit: $limit, filter: $filter) { rows { orderId } } }",
                "variables",
                Map.of(
                    "id",
                    "' OR 1=1 --",
                    "limit",
                    3,
                    "filter",
                    Map.of(
                        "customerId", Map.of("in", List.of("c-1", "'; DROP TABLE orders_g1"))))));
    assertThat(answer.<Object>get("errors")).isNull();
    assertThat(answer.<Object>get("data.order")).isNull();
    assertThat(answer.getList("data.orders.rows.orderId")).containsExactly("o-28", "o-25", "o-22");
  }

  @Test
  void pages_follow_each_other_by_their_cursors() {
    var seen = new ArrayList<String>();
    var after = "";
    while (after != null) {
      var page =
          ask(
              "{ orders(limit: 7%s) { rows { orderId } next previous } }"
                  .formatted(after.isEmpty() ? "" : ", after: \"" + after + '"'));
      seen.addAll(page.getList("data.orders.rows.orderId"));
      after = page.getString("data.orders.next");
    }
    assertThat(seen).hasSize(30).doesNotHaveDuplicates();
  }

  @Test
  void what_belongs_to_rows_is_loaded_at_once_for_however_many() {
    // Positions are looked up now and then.
    var few =
        statements(
            "{ orders(limit: 2) { rows { orderId sellerTotals { sellerId units revenue { amount } } } } }");
    var many =
        statements(
            "{ orders(limit: 30) { rows { orderId sellerTotals { sellerId units revenue { amount } } } } }");
    assertThat(few).hasSize(2);
    assertThat(many).hasSize(2);
    var bare = statements("{ orders(limit: 30) { rows { orderId } } }");
    assertThat(bare).hasSize(1);

    var answer = ask("{ orders(limit: 30) { rows { orderId sellerTotals { sellerId units } } } }");
    assertThat(answer.getList("data.orders.rows")).hasSize(30);
    assertThat(
            answer.getList("data.orders.rows.find { it.orderId == 'o-17' }.sellerTotals.sellerId"))
        .containsExactly("s-7");
    assertThat(answer.<List<Integer>>getList("data.orders.rows.sellerTotals.units"))
        .allSatisfy(units -> assertThat(units).hasSize(1));
  }

  @Test
  void each_step_of_depth_costs_one_statement() {
    assertThat(
            statements(
                "{ almanac { rows { island neighbours { island neighbours { island } } } } }"))
        .hasSize(3);
    var answer = ask("{ almanac { rows { island neighbours { island neighbours { island } } } } }");
    assertThat(
            answer.getList(
                "data.almanac.rows.find { it.island == 'Corfu' }.neighbours[1].neighbours.island"))
        .containsExactly("Corfu", "Ithaca");
  }

  @Test
  void several_reads_of_one_request_run_side_by_side() {
    var answer =
        ask(
            "{ a: order(orderId: \"o-01\") { status } b: order(orderId: \"o-02\") { status } c: orders { rows { orderId sellerTotals { units } } } d: almanac { rows { island } } }");
    assertThat(answer.<Object>get("errors")).isNull();
    assertThat(answer.getString("data.a.status")).isEqualTo("shipped");
    assertThat(answer.getString("data.b.status")).isEqualTo("placed");
    assertThat(answer.getList("data.c.rows")).hasSize(30);
    assertThat(answer.getList("data.d.rows")).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ orders(limit: 201) { rows { orderId } } }                              | invalid-parameter | limit",
        "{ orders(limit: 0) { rows { orderId } } }                                | invalid-parameter | limit",
        "{ orders(after: \"' OR 1=1\") { rows { orderId } } }                     | invalid-parameter | after",
        "{ orders(filter: {status: {eq: \"lost\"}}) { rows { orderId } } }        | invalid-parameter | status",
        "{ orders(filter: {status: {in: [\"lost\"]}}) { rows { orderId } } }      | invalid-parameter | status[in]",
        "{ orders(filter: {status: {in: [\"a,b\"]}}) { rows { orderId } } }       | invalid-parameter | status[in]",
        "{ orders(filter: {placedAt: {gte: \"now()\"}}) { rows { orderId } } }    | invalid-parameter | placedAt[gte]",
        "{ order(orderId: \"\") { orderId } }                                     | invalid-parameter | orderId"
      })
  void a_value_that_cannot_be_is_refused_as_by_the_endpoint(
      String query, String type, String field) {
    var answer = ask(query);
    assertThat(answer.getString("errors[0].extensions.type"))
        .isEqualTo("urn:headrace:problem:" + type);
    assertThat(answer.getString("errors[0].extensions.field")).isEqualTo(field);
    assertThat(answer.getString("errors[0].message")).contains(field);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{ orders { rows { secret } } }",
        "{ orders(sort: total) { rows { orderId } } }",
        "{ orders(filter: {total: {eq: 1}}) { rows { orderId } } }",
        "{ orders(filter: {customerId: {gt: \"c\"}}) { rows { orderId } } }",
        "{ orders(filter: \"1 = 1\") { rows { orderId } } }",
        "{ order { orderId } }",
        "{ nothing }",
        "{ orders { rows { orderId }",
        "mutation { orders { rows { orderId } } }"
      })
  void what_the_schema_does_not_have_is_refused(String query) {
    var answer = ask(query);
    assertThat(answer.getList("errors")).isNotEmpty();
    assertThat(answer.<Object>get("data")).isNull();
  }

  @Test
  void a_request_is_bounded_in_depth_fields_reads_and_rows() {
    var deep = "{ almanac { rows { ";
    for (int i = 0; i < 20; i++) {
      deep += "neighbours { ";
    }
    refused(deep + "island" + " }".repeat(20) + " } } }", "depth");

    var wide = new StringBuilder("{ ");
    for (int i = 0; i < 600; i++) {
      wide.append("a").append(i).append(": views ");
    }
    refused(wide + "}", "complexity");

    var reads = new StringBuilder("{ ");
    for (int i = 0; i < 11; i++) {
      reads.append("a%d: order(orderId: \"o-01\") { orderId } ".formatted(i));
    }
    refused(reads + "}", "more than 10");

    var rows = new StringBuilder("{ ");
    for (int i = 0; i < 6; i++) {
      rows.append("a%d: orders(limit: 200) { rows { orderId } } ".formatted(i));
    }
    refused(rows + "}", "more than 1000 rows");
  }

  private static void refused(String query, String why) {
    var answer = ask(query);
    assertThat(answer.getList("errors.message", String.class))
        .isNotEmpty()
        .allSatisfy(it -> assertThat(it).containsIgnoringCase(why));
  }

  @Test
  void a_consistency_token_is_looked_at_as_by_the_endpoint() {
    var answer =
        given()
            .contentType("application/json")
            .header("Consistency-Token", "forged")
            .body(Map.of("query", "{ orders { rows { orderId } } }"))
            .post("/graphql")
            .jsonPath();
    assertThat(answer.getString("errors[0].extensions.type"))
        .isEqualTo("urn:headrace:problem:invalid-parameter");
    assertThat(answer.getString("errors[0].extensions.field")).isEqualTo("Consistency-Token");
  }

  @Test
  void a_defect_tells_nothing_of_its_inside() {
    Rows.execute("UPDATE orders_g1 SET lines = '[{\"quantity\": \"many\"}]'");
    var answer = ask("{ order(orderId: \"o-01\") { orderId } }");
    assertThat(answer.getString("errors[0].extensions.type"))
        .isEqualTo("urn:headrace:problem:internal-error");
    assertThat(answer.getString("errors[0].message")).doesNotContain("Exception");
    assertThat(answer.prettify()).doesNotContain("stack", "JSON");
  }

  @Test
  void the_schema_can_be_read() {
    assertThat(given().get("/graphql/schema.graphql").then().statusCode(200).extract().asString())
        .contains(
            "type Order ", "orders(", "OrdersFilter", "sellerTotals: [Seller!]!", "type Money");
  }

  /** What is sent to the database while this is answered, but for the look-up of positions. */
  private static List<String> statements(String query) {
    var seen = new CopyOnWriteArrayList<String>();
    var log = Logger.getLogger("org.hibernate.SQL");
    var before = log.getLevel();
    var handler =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            seen.add(line.getMessage());
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    log.setLevel(Level.FINE);
    log.addHandler(handler);
    try {
      assertThat(ask(query).<Object>get("errors")).isNull();
    } finally {
      log.removeHandler(handler);
      log.setLevel(before);
    }
    return seen.stream().filter(it -> !it.contains("view_generation")).toList();
  }

  private static JsonPath ask(String query) {
    return send(Map.of("query", query));
  }

  private static JsonPath send(Map<String, Object> request) {
    return given()
        .contentType("application/json")
        .body(request)
        .post("/graphql")
        .then()
        .statusCode(200)
        .extract()
        .jsonPath();
  }
}
