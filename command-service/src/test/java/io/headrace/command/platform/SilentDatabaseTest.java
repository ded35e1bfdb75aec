package io.headrace.command.platform;

import static io.headrace.command.platform.Api.increase;
import static io.headrace.command.platform.Api.newId;
import static io.headrace.command.platform.Api.open;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.localstack.testing.Proxy;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.time.Duration;
import java.util.ArrayList;
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
          "headrace.database.pool-size", "2",
          "headrace.log-store.statement-timeout", "PT0.5S",
          "headrace.log-store.connection-silence", "PT3S",
          "headrace.process.enabled", "false");
    }

    @Override
    public List<TestResourceEntry> testResources() {
      return List.of(
          new TestResourceEntry(LocalStackResource.class), new TestResourceEntry(Proxied.class));
    }
  }

  /** Puts the proxy between the service and PostgreSQL. */
  public static final class Proxied implements QuarkusTestResourceLifecycleManager {
    @Override
    public int order() {
      return 1;
    }

    @Override
    public Map<String, String> start() {
      Proxy.start(LocalStackResource.postgres().port());
      return Map.of("headrace.database.port", String.valueOf(Proxy.port()));
    }

    @Override
    public void stop() {
      Proxy.stop();
    }
  }

  @Test
  void a_database_that_fell_silent_is_noticed_and_found_again() {
    String id = newId();
    open(id).then().statusCode(201);
    Proxy.silence();
    // One after another, until every session is lost to the silence and one waits in vain.
    List<String> effects = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Response answer = increase(id, 1);
      answer.then().statusCode(503);
      effects.add(answer.path("effect"));
    }
    assertThat(effects).isSubsetOf("unknown", "none");
    assertThat(effects.getLast()).as("no session was free to send it").isEqualTo("none");
    Proxy.speak();
    await().atMost(PATIENCE).until(() -> increase(id, 1).statusCode() == 200);
    // The proxy has swallowed what was sent; what was refused does not come later.
    increase(id, 1).then().statusCode(200).body("streamVersion", equalTo(3));
  }
}
