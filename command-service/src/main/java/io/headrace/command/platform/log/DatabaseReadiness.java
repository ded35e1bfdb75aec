package io.headrace.command.platform.log;

import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import io.vertx.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready when the log answers: commands need it and nothing else. Kafka has no part in it; without
 * Kafka commands are stored and published later.
 */
@Readiness
@ApplicationScoped
class DatabaseReadiness implements AsyncHealthCheck {

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Pool pool;

  DatabaseReadiness(Pool pool) {
    this.pool = pool;
  }

  @Override
  public Uni<HealthCheckResponse> call() {
    return Uni.createFrom()
        .<Boolean>emitter(
            emitter ->
                pool.preparedQuery("SELECT 1 FROM stream LIMIT 1")
                    .execute()
                    .onComplete(result -> emitter.complete(result.succeeded())))
        .ifNoItem()
        .after(PATIENCE)
        .recoverWithItem(false)
        .map(up -> HealthCheckResponse.named("event log").status(Boolean.TRUE.equals(up)).build());
  }
}
