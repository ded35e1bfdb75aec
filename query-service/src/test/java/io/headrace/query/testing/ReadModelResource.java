package io.headrace.query.testing;

import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.flywaydb.core.Flyway;

/**
 * A real PostgreSQL with the read tables as the projection worker creates them: its own migrations,
 * from where it keeps them, so that a change there that breaks the reader fails here.
 */
public final class ReadModelResource implements QuarkusTestResourceLifecycleManager {

  private static final Path MIGRATIONS =
      Path.of("../projection-worker/src/main/resources/db/migration");
  private static final Path ALMANAC = Path.of("src/test/resources/almanac.sql");

  @Override
  public Map<String, String> start() {
    var stack = new LocalStackResource();
    stack.init(Map.of("kafka", "false"));
    var configuration = stack.start();
    migrate();
    return configuration;
  }

  private static void migrate() {
    var url = LocalStackResource.postgres().jdbcUrl(PostgresServer.VIEWS);
    Flyway.configure()
        .dataSource(url, "headrace_owner", "headrace_owner")
        .locations("filesystem:" + MIGRATIONS.toAbsolutePath().normalize())
        .load()
        .migrate();
    try (var owner = LocalStackResource.postgres().connect(PostgresServer.VIEWS, "headrace_owner");
        var statement = owner.createStatement()) {
      statement.execute(Files.readString(ALMANAC));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void stop() {}
}
