package io.headrace.command.platform.idempotency;

import io.quarkus.logging.Log;
import io.quarkus.scheduler.Scheduled;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.stream.Collectors;

/**
 * Deletes answers past their retention, in small batches, oldest first. Every replica does so; a
 * row that another one deletes at the same time is deleted once.
 */
@ApplicationScoped
public class ForgetAnswers {

  private static final String DELETE =
      """
      DELETE FROM idempotency WHERE key IN (
        SELECT key FROM idempotency
        WHERE recorded_at < now() - $1::bigint * interval '1 millisecond'
        ORDER BY recorded_at LIMIT $2)
      """;

  private final Pool pool;
  private final IdempotencyConfig config;

  ForgetAnswers(Pool pool, IdempotencyConfig config) {
    this.pool = pool;
    this.config = config;
  }

  @Scheduled(
      every = "${headrace.idempotency.sweep-every}",
      delayed = "${headrace.idempotency.sweep-every}",
      concurrentExecution = Scheduled.ConcurrentExecution.SKIP)
  Uni<Void> sweep() {
    return forget(config.retention())
        .replaceWithVoid()
        .onFailure()
        .invoke(e -> Log.warnf("old answers stay for now: %s", e.getMessage()))
        .onFailure()
        .recoverWithNull();
  }

  /** Forgets every answer older than {@code retention}; says how many. */
  public Uni<Long> forget(Duration retention) {
    return Multi.createBy()
        .repeating()
        .uni(() -> deleteBatch(retention))
        .whilst(deleted -> deleted == config.deleteBatch())
        .collect()
        .with(Collectors.summingLong(Integer::longValue));
  }

  private Uni<Integer> deleteBatch(Duration retention) {
    return Uni.createFrom()
        .emitter(
            emitter ->
                pool.preparedQuery(DELETE)
                    .execute(Tuple.of(retention.toMillis(), config.deleteBatch()))
                    .onComplete(
                        result -> {
                          if (result.succeeded()) {
                            emitter.complete(result.result().rowCount());
                          } else {
                            emitter.fail(result.cause());
                          }
                        }));
  }
}
