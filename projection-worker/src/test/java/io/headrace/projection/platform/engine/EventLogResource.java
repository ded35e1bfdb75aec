package io.headrace.projection.platform.engine;

import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Map;

/** The command service's log, for the service under test. */
public final class EventLogResource implements QuarkusTestResourceLifecycleManager {

  private EventLogServer server;

  @Override
  public Map<String, String> start() {
    try {
      server = new EventLogServer(LocalStackResource.postgres());
      return Map.of(
          "headrace.command.url", server.url(), "headrace.projection.gaps.retry-delay", "200ms");
    } catch (IOException | SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void stop() {
    server.close();
  }
}
