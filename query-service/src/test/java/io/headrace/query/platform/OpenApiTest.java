package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;

import io.headrace.query.testing.ReadModelResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.path.json.JsonPath;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class OpenApiTest {

  private JsonPath api;

  @BeforeEach
  void read() {
    api =
        given()
            .accept("application/json")
            .get("/q/openapi")
            .then()
            .statusCode(200)
            .extract()
            .jsonPath();
  }

  @Test
  void every_endpoint_is_described_and_nothing_else() {
    assertThat(api.getMap("paths").keySet().stream().map(Object::toString))
        .filteredOn(path -> !path.contains("almanac"))
        .containsExactlyInAnyOrder(
            "/orders/{orderId}",
            "/orders",
            "/customers/{customerId}/orders",
            "/sellers/{sellerId}",
            "/sales/daily",
            "/views/orders/export",
            "/views/sellers/export",
            "/views/daily_sales/export");
  }

  @Test
  void answers_are_typed_down_to_money_and_have_an_example() {
    var answer = "paths.'/orders/{orderId}'.get.responses.'200'";
    assertThat(api.getString(answer + ".content.'application/json'.schema.$ref"))
        .isEqualTo("#/components/schemas/Order");
    assertThat(api.getString(answer + ".content.'application/json'.example.total.amount"))
        .isEqualTo("38.71");
    assertThat(api.getMap(answer + ".headers").keySet().stream().map(Object::toString))
        .contains("View-Position", "ETag");
    assertThat(api.getString("components.schemas.Order.properties.total.$ref"))
        .isEqualTo("#/components/schemas/Money");
    assertThat(api.getString("components.schemas.Money.properties.amount.type"))
        .isEqualTo("string");
    assertThat(
            api.getString(
                "paths.'/sellers/{sellerId}'.get.responses.'200'.content.'application/json'.schema.$ref"))
        .isEqualTo("#/components/schemas/Seller");
  }

  @Test
  void what_may_be_absent_is_optional_and_everything_else_is_required() {
    List<String> required = api.getList("components.schemas.Order.required");
    assertThat(required).contains("orderId", "total", "late").doesNotContain("cancelledAt");
    Map<String, Object> example =
        api.getMap(
            "paths.'/orders/{orderId}'.get.responses.'200'.content.'application/json'.example");
    assertThat(example).containsKeys(required.toArray(String[]::new));
    assertThat(api.<String, Object>getMap("components.schemas.Order.properties"))
        .containsKeys(example.keySet().toArray(String[]::new));
  }

  @Test
  void parameters_say_what_is_allowed() {
    List<Map<String, Object>> parameters = api.getList("paths.'/orders'.get.parameters");
    assertThat(parameters)
        .extracting(it -> it.get("name"))
        .containsExactly(
            "status",
            "status[ne]",
            "status[in]",
            "customerId",
            "customerId[ne]",
            "customerId[in]",
            "placedAt",
            "placedAt[ne]",
            "placedAt[in]",
            "placedAt[gt]",
            "placedAt[gte]",
            "placedAt[lt]",
            "placedAt[lte]",
            "orderId",
            "orderId[ne]",
            "orderId[in]",
            "sort",
            "limit",
            "after",
            "before",
            "total",
            "fields",
            "Last-Event-ID");
    var schema = "paths.'/orders'.get.parameters.find { it.name == '%s' }.schema.";
    assertThat(api.getList(schema.formatted("status") + "enum", String.class)).contains("shipped");
    assertThat(api.getList(schema.formatted("status[in]") + "items.enum", String.class))
        .contains("shipped");
    assertThat(api.getString(schema.formatted("placedAt[gte]") + "format")).isEqualTo("date-time");
    assertThat(api.getInt(schema.formatted("limit") + "maximum")).isEqualTo(200);
    assertThat(api.getList(schema.formatted("fields") + "items.enum", String.class))
        .contains("orderId", "total", "_links");
    var almanac = "paths.'/almanac'.get.parameters.find { it.name == '%s' }.schema.type";
    assertThat(api.getString(almanac.formatted("height[lt]"))).isEqualTo("integer");
    assertThat(api.getString(almanac.formatted("inhabited"))).isEqualTo("boolean");
  }

  @Test
  void links_are_typed_in_plain_json_and_in_hal() {
    assertThat(api.getString("components.schemas.Order.properties._links.$ref"))
        .isEqualTo("#/components/schemas/Links");
    assertThat(api.getString("components.schemas.Link.properties.href.type")).isEqualTo("string");
    var list = "paths.'/orders'.get.responses.'200'.content.";
    assertThat(api.getString(list + "'application/json'.schema.properties.orders.items.$ref"))
        .isEqualTo("#/components/schemas/Order");
    assertThat(
            api.getString(
                list
                    + "'application/hal+json'.schema.properties._embedded.properties.orders.items.$ref"))
        .isEqualTo("#/components/schemas/Order");
  }

  @Test
  void every_query_may_wait_for_what_its_client_has_written() {
    for (String path : List.of("/orders", "/orders/{orderId}", "/sales/daily")) {
      assertThat(api.<String>getList("paths.'%s'.parameters.name".formatted(path)))
          .containsExactly("Consistency-Token", "consistency", "Prefer");
      assertThat(
              api.<String>getList(
                  "paths.'%s'.get.responses.'503'.content.'application/problem+json'.schema.anyOf.$ref"
                      .formatted(path)))
          .containsExactly("#/components/schemas/Problem", "#/components/schemas/ViewBehind");
    }
    assertThat(api.getList("components.schemas.ViewBehind.required", String.class))
        .contains("missing");
  }

  @Test
  void a_list_and_a_row_can_be_watched() {
    for (var path : List.of("/orders", "/orders/{orderId}", "/customers/{customerId}/orders")) {
      assertThat(
              api.getString(
                  "paths.'%s'.get.responses.'200'.content.'text/event-stream'.example"
                      .formatted(path)))
          .contains("event: state", "event: change");
    }
  }

  @Test
  void every_reference_leads_somewhere() {
    var text = given().accept("application/json").get("/q/openapi").asString();
    var schemas = api.getMap("components.schemas").keySet();
    var references =
        java.util.regex.Pattern.compile("#/components/schemas/([A-Za-z0-9]+)").matcher(text);
    assertThat(references.results().map(it -> it.group(1)).distinct())
        .isNotEmpty()
        .allMatch(schemas::contains);
  }

  @Test
  void swagger_ui_is_served() {
    get("/q/swagger-ui/").then().statusCode(200).body(containsString("swagger-ui"));
  }

  @Test
  void metrics_count_the_reads_of_each_view() {
    get("/orders").then().statusCode(200);
    get("/q/metrics")
        .then()
        .statusCode(200)
        .body(
            containsString(
                "headrace_query_reads_seconds_count{outcome=\"success\",view=\"orders\""));
  }
}
