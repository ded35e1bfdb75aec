package io.headrace.command.platform.log;

import io.quarkus.logging.Log;
import io.vertx.core.VertxException;
import io.vertx.pgclient.PgException;
import java.net.ConnectException;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;

/** What a failure of the database says about the statement that met it. */
final class Failures {

  private Failures() {}

  /** A statement that PostgreSQL has rolled back and that may succeed when it runs again. */
  static final class RolledBackException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    RolledBackException(Throwable cause) {
      super(cause);
    }
  }

  /**
   * What a session that is held meets while no statement runs on it; Vert.x would print it. The
   * next statement fails with it, and that is what counts.
   */
  static void betweenStatements(Throwable failure) {
    Log.debugf("a session was ended between two statements: %s", failure.getMessage());
  }

  static RuntimeException classify(Throwable failure) {
    return switch (failure) {
      case LogUnavailableException known -> known;
      case AppendRefusedException known -> known;
      case RolledBackException known -> known;
      case CircuitBreakerOpenException e ->
          new LogUnavailableException(false, "the event log is unavailable", e);
      case TimeoutException e ->
          new LogUnavailableException(true, "the event log did not answer in time", e);
      case ConnectException e ->
          new LogUnavailableException(false, "the event log is unavailable", e);
      case PgException e -> ofSqlState(e);
      // Vert.x has no type of its own for it.
      case VertxException e when "Timeout waiting for connection".equals(e.getMessage()) ->
          new LogUnavailableException(false, "no session of the event log was free in time", e);
      // The connection broke: the statement may have been committed before.
      default ->
          new LogUnavailableException(true, "the connection to the event log broke", failure);
    };
  }

  private static RuntimeException ofSqlState(PgException e) {
    String state = e.getSqlState() == null ? "" : e.getSqlState();
    if (state.equals(AppendStatement.KEY_RACE) || state.startsWith("40")) {
      return new RolledBackException(e);
    }
    if (state.startsWith("22") || state.startsWith("23")) {
      return new AppendRefusedException(e);
    }
    // 57P01 to 57P05 end the session, perhaps after the commit and before its confirmation; 57P03
    // is
    // the refusal of a new session. 57014 is statement_timeout. Any other error came from a
    // statement
    // that was still running, and rolled it back.
    boolean unknown = state.startsWith("08") || (state.startsWith("57P") && !state.equals("57P03"));
    return new LogUnavailableException(
        unknown, "the event log refused the statement (SQLSTATE " + state + ")", e);
  }
}
