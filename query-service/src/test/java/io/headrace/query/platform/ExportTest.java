package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.notNullValue;
import static org.hamcrest.Matchers.startsWith;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class ExportTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** More than the buffers of two sockets hold. */
  private static final int MANY = 30_000;

  @TestHTTPResource URI root;

  private final ObjectMapper json = new ObjectMapper();

  @BeforeEach
  void nothing() {
    Rows.clear();
    await()
        .atMost(PATIENCE)
        .until(() -> get("/views/almanac/export?format=csv").statusCode() == 200);
  }

  private static void orders(int count) {
    Rows.execute(
        """
        INSERT INTO orders_g1 (order_id, customer_id, status, currency, items, freight, total,
          paid, refunded, lines, sellers, payments, reviews, review_count, review_score_sum,
          placed_at, late)
        SELECT 'o-' || lpad(n::text, 6, '0'), 'c-' || n %% 7, CASE WHEN n %% 2 = 0 THEN 'placed' ELSE 'cancelled' END,
          'BRL', 10, 2.5, 12.5, 0, 0, '[]', '[]', '{}', '{}', 0, 0, timestamptz '2018-01-31 12:00:00+00' + n * interval '1 s', false
        FROM generate_series(1, %d) n"""
            .formatted(count));
  }

  @Test
  void ndjson_has_every_row_once_as_the_api_represents_it() throws Exception {
    orders(1234);
    var answer = get("/views/orders/export?format=ndjson");
    answer
        .then()
        .statusCode(200)
        .contentType(startsWith("application/x-ndjson"))
        .header("Content-Disposition", equalTo("attachment; filename=\"orders.ndjson\""))
        .header("Cache-Control", equalTo("private, no-store"));
    var lines = answer.asString().lines().toList();
    assertThat(lines).hasSize(1234).doesNotHaveDuplicates().isSorted();
    JsonNode one =
        json.readTree(get("/orders/o-000777?fields=" + members(lines.get(776))).asString());
    assertThat(json.readTree(lines.get(776))).isEqualTo(one);
  }

  private String members(String object) throws IOException {
    var names = new java.util.ArrayList<String>();
    json.readTree(object).fieldNames().forEachRemaining(names::add);
    return String.join(",", names);
  }

  @Test
  void csv_has_a_header_and_a_column_for_each_part_of_an_amount() {
    Rows.execute(
        """
        INSERT INTO almanac VALUES ('a "b", c', E'two\\nlines', '2018-01-31', NULL, 1.50, false),
          ('Corfu', 'Ionian Sea', '2018-03-01', 906, 592.9, true);
        INSERT INTO sellers_g1 VALUES ('s-1', 'BRL', 2, 3, 59.8, 1, 2, 9), ('s-1', 'JPY', 1, 1, 1200, 0, 1, 4)""");
    var islands = get("/views/almanac/export?format=csv");
    islands.then().statusCode(200).contentType(startsWith("text/csv"));
    assertThat(islands.asString())
        .isEqualTo(
            "island,ocean,seen,height,area,inhabited\r\n"
                + "Corfu,Ionian Sea,2018-03-01,906,592.9,true\r\n"
                + "\"a \"\"b\"\", c\",\"two\nlines\",2018-01-31,,1.50,false\r\n");
    assertThat(get("/views/sellers/export?format=csv").asString())
        .isEqualTo(
            "sellerId,orders,units,revenue.amount,revenue.currency,lateDeliveries,reviews,reviewScoreSum\r\n"
                + "s-1,2,3,59.80,BRL,1,2,9\r\n"
                + "s-1,1,1,1200,JPY,0,1,4\r\n");
    assertThat(get("/views/orders/export?format=csv").asString())
        .contains("orderId", "total.amount,total.currency", "lines");
    assertThat(get("/views/daily_sales/export?format=csv").asString())
        .isEqualTo("day,orders,revenue.amount,revenue.currency,cancelled,rejected\r\n");
  }

  @Test
  void filters_and_members_hold_for_an_export_as_for_a_list() {
    orders(20);
    var lines =
        get("/views/orders/export?format=csv&fields=orderId,status&status=cancelled&placedAt[lte]=2018-01-31T12:00:05Z")
            .asString();
    assertThat(lines)
        .isEqualTo(
            "orderId,status\r\no-000001,cancelled\r\no-000003,cancelled\r\no-000005,cancelled\r\n");
    assertThat(get("/views/orders/export?format=ndjson&fields=orderId&orderId=o-000007").asString())
        .isEqualTo("{\"orderId\":\"o-000007\"}\n");
  }

  @Test
  void an_export_is_of_one_moment_however_slowly_it_is_taken() throws Exception {
    orders(MANY);
    try (var socket =
        request(
            "/views/orders/export?format=csv&fields=orderId,customerId,status,lines,total,sellers,placedAt")) {
      var start = new String(socket.getInputStream().readNBytes(2000), StandardCharsets.UTF_8);
      assertThat(start).startsWith("HTTP/1.1 200").contains("o-000001");
      Rows.execute(
          """
          UPDATE orders_g1 SET status = 'rejected', customer_id = 'later';
          INSERT INTO orders_g1 SELECT 'p-1', customer_id, status, currency, items, freight, total, paid, refunded,
            lines, sellers, payments, shipment_id, reviews, review_score, review_count, review_score_sum,
            promised_delivery, placed_at, confirmed_at, shipped_at, delivered_at, completed_at, cancelled_at,
            rejected_at, cancel_reason, reject_reason, late FROM orders_g1 WHERE order_id = 'o-000001';
          DELETE FROM orders_g1 WHERE order_id = 'o-029999'""");
      var rest = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(rest).contains("o-029999").doesNotContain("later", "rejected", "p-1");
      assertThat(rest).endsWith("\r\n0\r\n\r\n");
    }
  }

  @Test
  void an_export_that_breaks_does_not_look_whole() throws Exception {
    for (var format : List.of("ndjson", "csv")) {
      Rows.clear();
      orders(MANY);
      try (var socket = request("/views/orders/export?format=" + format)) {
        socket.getInputStream().readNBytes(2000);
        await().atMost(PATIENCE).until(ExportTest::endTransactions);
        var rest = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(rest).doesNotEndWith("\r\n0\r\n\r\n").containsIgnoringCase("incomplete");
      }
    }
  }

  @Test
  void so_many_run_at_a_time_and_whoever_takes_nothing_or_goes_away_makes_room() throws Exception {
    orders(MANY);
    var first = request("/views/orders/export?format=ndjson");
    try (var second = request("/views/orders/export?format=ndjson")) {
      first.getInputStream().readNBytes(100);
      second.getInputStream().readNBytes(100);
      get("/views/almanac/export?format=csv")
          .then()
          .statusCode(503)
          .header("Retry-After", notNullValue())
          .contentType(startsWith("application/problem+json"))
          .body("type", equalTo("urn:headrace:problem:overloaded"));
      first.close();
      await()
          .atMost(PATIENCE)
          .until(() -> get("/views/almanac/export?format=csv").statusCode() == 200);
      // The second one neither reads nor goes away.
      await().atMost(PATIENCE).until(ExportTest::noTransactions);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/views/orders/export                              | format | ndjson",
        "/views/orders/export?format=xml                   | format | ndjson",
        "/views/orders/export?format=csv&format=csv        | format | once",
        "/views/orders/export?format=csv&sort=placedAt     | sort   | status",
        "/views/orders/export?format=csv&fields=nothing    | fields | orderId",
        "/views/orders/export?format=csv&status=lost       | status | shipped",
        "/views/sellers/export?format=csv&status=placed    | status | format",
        "/views/orders/export?format=%27%20OR%201=1        | format | ndjson",
        "/views/orders/export?format=csv&consistency=forged | consistency | Consistency-Token"
      })
  void what_cannot_be_asked_for_is_refused_with_what_can(
      String path, String field, String allowed) {
    io.restassured.RestAssured.given()
        .urlEncodingEnabled(false)
        .get(path)
        .then()
        .statusCode(400)
        .contentType(startsWith("application/problem+json"))
        .body("field", equalTo(field))
        .body("detail", containsString(allowed));
  }

  @Test
  void a_refused_export_takes_nobodys_place() {
    for (int i = 0; i < 3; i++) {
      io.restassured.RestAssured.given()
          .header("Consistency-Token", "forged")
          .get("/views/orders/export?format=csv")
          .then()
          .statusCode(400)
          .body("field", equalTo("Consistency-Token"));
    }
    get("/views/orders/export?format=csv").then().statusCode(200);
  }

  @Test
  void there_is_no_export_of_what_is_no_view() {
    get("/views/nothing/export?format=csv")
        .then()
        .statusCode(404)
        .contentType(startsWith("application/problem+json"))
        .body("type", equalTo("urn:headrace:problem:not-found"));
  }

  @Test
  void exports_are_described() {
    io.restassured.RestAssured.given()
        .accept("application/json")
        .get("/q/openapi")
        .then()
        .body("paths.'/views/orders/export'.get.operationId", equalTo("exportOrders"))
        .body(
            "paths.'/views/orders/export'.get.parameters.name",
            hasItems("format", "status", "placedAt[gte]", "fields"))
        .body(
            "paths.'/views/sellers/export'.get.responses.'200'.content.'application/x-ndjson'.schema.$ref",
            equalTo("#/components/schemas/SellerTotals"));
  }

  private static boolean endTransactions() {
    return transactions("count(pg_terminate_backend(pid))") > 0;
  }

  private static boolean noTransactions() {
    return transactions("count(*)") == 0;
  }

  private static long transactions(String what) {
    try (var connection = LocalStackResource.postgres().connect(PostgresServer.VIEWS, "postgres");
        var statement = connection.createStatement();
        var rows =
            statement.executeQuery(
                "SELECT "
                    + what
                    + " FROM pg_stat_activity WHERE usename = 'headrace_query' AND state = 'idle in transaction'")) {
      rows.next();
      return rows.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Socket request(String path) throws IOException {
    var socket = new Socket();
    // Small, so that the service soon notices that nobody reads.
    socket.setReceiveBufferSize(8192);
    socket.connect(new java.net.InetSocketAddress(root.getHost(), root.getPort()));
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket
        .getOutputStream()
        .write(
            ("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    return socket;
  }
}
