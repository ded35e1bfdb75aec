package io.headrace.query.platform.read;

import com.fasterxml.jackson.core.JacksonException;
import io.vertx.core.VertxException;
import io.vertx.core.impl.NoStackTraceThrowable;
import io.vertx.sqlclient.DatabaseException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.jspecify.annotations.Nullable;

/** Why a read failed that may well succeed later, unchanged; any other failure is a defect. */
public enum Outage {
  /** The connection could not be made or broke: nothing was answered. */
  UNREACHABLE(
      "database-unavailable",
      "The database of the views cannot be reached at the moment. Please try again."),
  /** The database is there and did not answer in time, or refused for its own reasons. */
  SLOW(
      "database-unavailable",
      "The database of the views did not answer in time. Please try again."),
  /** Too many reads at once. */
  OVERLOADED("overloaded", "Too many requests are being answered at the moment. Please try again."),
  /** The projection worker has not created the views yet, or not granted them. */
  NO_VIEWS(
      "views-not-ready",
      "The views do not exist yet: the projection worker creates them when it starts.");

  private static final int MAX_DEPTH = 12;

  private final String problem;
  private final String sentence;

  Outage(String problem, String sentence) {
    this.problem = problem;
    this.sentence = sentence;
  }

  /** The last part of the problem's type. */
  public String problem() {
    return problem;
  }

  public String sentence() {
    return sentence;
  }

  /** Looks through the causes, since Hibernate wraps what the driver says. */
  public static Optional<Outage> of(Throwable failure) {
    var cause = failure;
    for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++, cause = cause.getCause()) {
      var outage = direct(cause);
      if (outage != null) {
        return Optional.of(outage);
      }
    }
    return Optional.empty();
  }

  private static @Nullable Outage direct(Throwable failure) {
    return switch (failure) {
      case CircuitBreakerOpenException _ -> UNREACHABLE;
      case BulkheadException _ -> OVERLOADED;
      case org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException _ -> SLOW;
      case TimeoutException _ -> SLOW;
      case DatabaseException e -> bySqlState(e.getSqlState());
      case SQLException e -> bySqlState(e.getSQLState());
      case JacksonException _ -> null; // an IOException by birth only
      case IOException _ -> UNREACHABLE;
      // The driver's "connection is closed" and the pool's "timeout" have no types of their own.
      case VertxException _ -> UNREACHABLE;
      case NoStackTraceThrowable _ -> UNREACHABLE;
      default -> null;
    };
  }

  // https://www.postgresql.org/docs/18/errcodes-appendix.html
  private static @Nullable Outage bySqlState(@Nullable String state) {
    if (state == null || state.length() < 2) {
      return null;
    }
    if (state.equals("57014")) {
      return SLOW; // statement_timeout
    }
    if (state.equals("42P01") || state.equals("42501")) {
      return NO_VIEWS; // undefined table, insufficient privilege
    }
    return switch (state.substring(0, 2)) {
      // connection, authorization, no such database, operator intervention, system error
      case "08", "28", "3D", "57", "58" -> UNREACHABLE;
      case "53" -> OVERLOADED; // insufficient resources, such as connections
      default -> null;
    };
  }
}
