package io.headrace.projection.platform.engine;

import java.sql.SQLException;
import java.util.Set;
import org.postgresql.util.PSQLException;

/** What can go wrong with a transaction, by what has to be done about it. */
final class Failures {

  /**
   * SQLSTATE classes that blame the data: data exception, integrity constraint violation, program
   * limit exceeded (a row too large). Anything else is the server's or the operator's affair, and
   * is tried again.
   */
  private static final Set<String> DATA = Set.of("22", "23", "54");

  private static final Set<String> OUTAGE = Set.of("08", "53", "57", "58");

  private static final Set<String> CONFLICT = Set.of("40", "55");

  private Failures() {}

  static boolean blamesTheData(SQLException e) {
    return isOfClass(e, DATA) && !isOfNotifications(e);
  }

  /**
   * PostgreSQL's queue of notifications is full, of which COMMIT says 54000 as of a row that is too
   * large. Where it was raised is told by the name of the source file, and not by the message,
   * which may be in another language.
   */
  private static boolean isOfNotifications(SQLException e) {
    return e instanceof PSQLException refused
        && refused.getServerErrorMessage() != null
        && "async.c".equals(refused.getServerErrorMessage().getFile());
  }

  /**
   * Whether PostgreSQL cannot be asked at the moment: no connection, none to be had (the pool gives
   * no SQLSTATE then), no resources, an operator's intervention, a failure of its system.
   */
  static boolean isOutage(SQLException e) {
    return e.getSQLState() == null || isOfClass(e, OUTAGE);
  }

  /** Whether others were in the way: a lost race, a deadlock, a lock that was not to be had. */
  static boolean isConflict(SQLException e) {
    return isOfClass(e, CONFLICT);
  }

  private static boolean isOfClass(SQLException e, Set<String> classes) {
    String state = e.getSQLState();
    return state != null && state.length() == 5 && classes.contains(state.substring(0, 2));
  }

  /** PostgreSQL or the view refuses these records; it would do so again. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    RefusedException(Exception cause) {
      super(cause);
    }
  }

  /** The place was moved on by someone else: this reader is not, or no more, its owner. */
  static final class FencedException extends Exception {
    private static final long serialVersionUID = 1L;

    FencedException(String message) {
      super(message);
    }
  }

  /** PostgreSQL answers, and its schema is not what this worker's views need. */
  static final class NoLiveGenerationException extends SQLException {
    private static final long serialVersionUID = 1L;

    NoLiveGenerationException(String view) {
      super(
          "view %s has no live generation: a migration has to create its tables and register it"
              .formatted(view));
    }
  }

  /** The work was given up: the partitions went to another worker, or this one is stopping. */
  static final class AbandonedException extends Exception {
    private static final long serialVersionUID = 1L;

    AbandonedException() {
      super("abandoned");
    }
  }
}
