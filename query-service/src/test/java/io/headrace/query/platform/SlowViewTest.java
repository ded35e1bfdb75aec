package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static io.restassured.RestAssured.given;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
@TestProfile(SlowViewTest.FewConnections.class)
class SlowViewTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int CONNECTIONS = 4;

  /** A connection that is lost is not found again by its silence. */
  public static final class FewConnections implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "headrace.views.connections", String.valueOf(CONNECTIONS),
          "headrace.query.live.timeout", "PT0.3S",
          "headrace.query.read.timeout", "PT0.5S",
          "headrace.query.read.connection-silence", "PT10M",
          "quarkus.datasource.reactive.connection-timeout", "PT20S");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/orders, application/json",
    "/orders/o-1, application/json",
    "/orders, text/event-stream"
  })
  void a_read_that_takes_too_long_is_refused_and_costs_no_connection(String path, String mediaType)
      throws Exception {
    Rows.clear();
    Rows.placed("o-1", "c-1", "placed", Instant.parse("2018-01-31T12:00:00Z"));
    await().atMost(PATIENCE).until(() -> get("/orders").statusCode() == 200);
    try (var owner = Rows.owner();
        var statement = owner.createStatement()) {
      owner.setAutoCommit(false);
      statement.execute("LOCK TABLE orders_g1 IN ACCESS EXCLUSIVE MODE");
      for (int i = 0; i < 2 * CONNECTIONS; i++) {
        given()
            .accept(mediaType)
            .get(path)
            .then()
            .statusCode(503)
            .body("type", equalTo("urn:headrace:problem:database-unavailable"));
      }
      owner.rollback();
    }
    await().atMost(PATIENCE).until(() -> get("/orders").statusCode() == 200);
  }
}
