package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.util.Map;
import org.junit.jupiter.api.Test;

@QuarkusTest
@TestProfile(StartWithoutDatabaseTest.Nowhere.class)
class StartWithoutDatabaseTest {

  /** Port 1 is nobody's. */
  public static final class Nowhere implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of("headrace.views.host", "127.0.0.1", "headrace.views.port", "1");
    }
  }

  @Test
  void the_service_starts_without_its_database_and_says_that_it_is_not_ready() {
    get("/q/health/live").then().statusCode(200);
    get("/q/health/ready")
        .then()
        .statusCode(503)
        .body(
            "checks.find { it.name == 'views' }.data.reason", containsString("cannot be reached"));
    get("/orders/o-1")
        .then()
        .statusCode(503)
        .body("type", equalTo("urn:headrace:problem:database-unavailable"));
  }
}
