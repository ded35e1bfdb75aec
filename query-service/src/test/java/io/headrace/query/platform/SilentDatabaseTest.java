package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.localstack.testing.Proxy;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A network that swallows everything without a word: no connection is closed, none is refused. */
@QuarkusTest
@TestProfile(SilentDatabaseTest.BehindAProxy.class)
class SilentDatabaseTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Few connections, so that lost ones would be missed, and a short patience with silence. */
  public static final class BehindAProxy implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "headrace.views.connections", "4",
          "headrace.query.read.timeout", "PT0.5S",
          "headrace.query.read.connection-silence", "PT2S",
          "headrace.query.export.fetch-timeout", "PT1S");
    }

    @Override
    public List<TestResourceEntry> testResources() {
      return List.of(
          new TestResourceEntry(ReadModelResource.class), new TestResourceEntry(Proxied.class));
    }
  }

  /** Puts the proxy between the service and PostgreSQL. */
  public static final class Proxied
      implements io.quarkus.test.common.QuarkusTestResourceLifecycleManager {
    @Override
    public int order() {
      return 1;
    }

    @Override
    public Map<String, String> start() {
      Proxy.start(LocalStackResource.postgres().port());
      return Map.of("headrace.views.port", String.valueOf(Proxy.port()));
    }

    @Override
    public void stop() {
      Proxy.stop();
    }
  }

  @Test
  void a_database_that_fell_silent_is_noticed_and_found_again() {
    Rows.clear();
    Rows.placed("o-1", "c-1", "placed", Instant.parse("2018-01-31T12:00:00Z"));
    await().atMost(PATIENCE).until(() -> get("/orders/o-1").statusCode() == 200);
    Proxy.silence();
    // Enough to lose every connection to the silence.
    for (int i = 0; i < 6; i++) {
      get("/orders/o-1").then().statusCode(503);
    }
    Proxy.speak();
    await().atMost(PATIENCE).until(() -> get("/orders/o-1").statusCode() == 200);
  }
}
