package io.headrace.command.platform.log;

import io.smallrye.faulttolerance.api.CircuitBreakerName;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.temporal.ChronoUnit;
import java.util.function.Supplier;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Retry;
import org.eclipse.microprofile.faulttolerance.Timeout;

/**
 * Every statement goes through here: a timeout, so that a silent database is noticed; a circuit
 * breaker, so that while it is gone commands are refused at once instead of each after a timeout.
 * Writes are not repeated: their effect may be unknown. Every setting can be changed by
 * MicroProfile configuration.
 */
@ApplicationScoped
class GuardedSession {

  private final Pool pool;

  GuardedSession(Pool pool) {
    this.pool = pool;
  }

  @Timeout(value = 5, unit = ChronoUnit.SECONDS)
  @CircuitBreaker(
      requestVolumeThreshold = 6,
      delay = 500,
      // Answers of a database that is well: a defect of the content, a race for a key.
      skipOn = {AppendRefusedException.class, Failures.RolledBackException.class})
  @CircuitBreakerName("log-write")
  Uni<RowSet<Row>> write(String sql, Tuple parameters) {
    return execute(sql, parameters);
  }

  /** What nobody waits for, with a breaker of its own: its failures must not stop the appends. */
  @Timeout(value = 5, unit = ChronoUnit.SECONDS)
  @CircuitBreaker(requestVolumeThreshold = 6, delay = 5000)
  @CircuitBreakerName("log-background")
  Uni<RowSet<Row>> writeInBackground(String sql, Tuple parameters) {
    return execute(sql, parameters);
  }

  /** A read has no effect, so one that failed is tried again, unless the breaker is open. */
  @Timeout(value = 5, unit = ChronoUnit.SECONDS)
  @CircuitBreaker(requestVolumeThreshold = 6, delay = 500)
  @CircuitBreakerName("log-read")
  @Retry(maxRetries = 2, delay = 50, jitter = 25, retryOn = LogUnavailableException.class)
  Uni<RowSet<Row>> read(String sql, Tuple parameters) {
    return execute(sql, parameters);
  }

  /**
   * Begins a transaction with a statement that takes a lock. One that begins so late that nobody
   * waits for it any more is ended by the server, see {@link PoolOfSessions}.
   */
  @Timeout(value = 5, unit = ChronoUnit.SECONDS)
  Uni<SqlConnection> begin(String sql, Tuple parameters) {
    return uni(() -> pool.getConnection().compose(session -> begin(session, sql, parameters)));
  }

  private static Future<SqlConnection> begin(SqlConnection session, String sql, Tuple parameters) {
    return session
        .exceptionHandler(Failures::betweenStatements)
        .query("BEGIN")
        .execute()
        .compose(begun -> session.preparedQuery(sql).execute(parameters))
        .map(session)
        .onFailure(failure -> end(session, "ROLLBACK"));
  }

  /**
   * The last statement of a transaction, and its commit in the same round trip: where the statement
   * fails, PostgreSQL takes COMMIT for ROLLBACK.
   */
  @Timeout(value = 5, unit = ChronoUnit.SECONDS)
  Uni<RowSet<Row>> commit(SqlConnection session, String sql, Tuple parameters) {
    return uni(
        () -> {
          Future<RowSet<Row>> rows = session.preparedQuery(sql).execute(parameters);
          Future<?> committed = end(session, "COMMIT");
          return rows.compose(done -> committed.map(done));
        });
  }

  void rollback(SqlConnection session) {
    end(session, "ROLLBACK");
  }

  /** And gives the session back to the pool, which drops one that is broken. */
  private static Future<RowSet<Row>> end(SqlConnection session, String how) {
    return session.query(how).execute().onComplete(ended -> session.close());
  }

  private Uni<RowSet<Row>> execute(String sql, Tuple parameters) {
    return uni(() -> pool.preparedQuery(sql).execute(parameters));
  }

  private static <T> Uni<T> uni(Supplier<Future<T>> work) {
    return Uni.createFrom()
        .emitter(
            emitter ->
                work.get()
                    .onComplete(
                        result -> {
                          if (result.succeeded()) {
                            emitter.complete(result.result());
                          } else {
                            emitter.fail(Failures.classify(result.cause()));
                          }
                        }));
  }
}
