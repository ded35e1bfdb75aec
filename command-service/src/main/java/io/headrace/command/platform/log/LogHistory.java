package io.headrace.command.platform.log;

import io.quarkus.logging.Log;
import io.vertx.sqlclient.SqlConnection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Notices that PostgreSQL goes on from an earlier state than the one it was in before: a standby
 * that had not received everything has taken over, or a backup was restored. A version of a stream
 * may then stand for another event than the one that is remembered here, so everything that is
 * remembered about streams is forgotten.
 *
 * <p>Each session asks once, when it is opened: the timeline changes with every promotion and every
 * recovery to a point in time, the system identifier with every other cluster.
 */
@ApplicationScoped
class LogHistory {

  private static final String IDENTITY =
      """
      SELECT (SELECT system_identifier FROM pg_control_system()) || '/'
        || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)
      """;

  /** Of a server that does not tell: then every new session may mean another history. */
  private static final String UNKNOWN = "";

  private final Event<LogReplaced> replaced;
  private final AtomicReference<String> known = new AtomicReference<>();

  LogHistory(Event<LogReplaced> replaced) {
    this.replaced = replaced;
  }

  /** Asks, and gives the session to the pool. */
  void opened(SqlConnection session) {
    session
        .query(IDENTITY)
        .execute()
        .map(rows -> rows.iterator().next().getString(0))
        .onComplete(
            asked -> {
              compare(asked.succeeded() ? asked.result() : UNKNOWN);
              session.close();
            });
  }

  private void compare(String now) {
    String before = known.getAndSet(now);
    if (before != null && (now.equals(UNKNOWN) || !now.equals(before))) {
      Log.infof(
          "PostgreSQL's history may be another (%s before, %s now): streams are read anew",
          before.equals(UNKNOWN) ? "unknown" : before, now.equals(UNKNOWN) ? "unknown" : now);
      replaced.fire(new LogReplaced());
    }
  }
}
