package io.headrace.projection.platform.engine;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Transactions of the operator's work, beside the events. They may take longer than a request may:
 * an index, a comparison or the deletion of a large table takes its time.
 */
final class Transactions {

  private final DataSource dataSource;

  Transactions(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * @param <E> what else it may fail with
   */
  interface Work<T, E extends Exception> {
    T in(Connection connection) throws SQLException, E;
  }

  /** Commits what the work has done, unless it throws. */
  <T, E extends Exception> T run(Work<T, E> work) throws SQLException, E {
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      int before = Sql.patience(connection, Sql.LONG);
      try {
        T result = work.in(connection);
        connection.commit();
        return result;
      } catch (Throwable e) {
        try {
          connection.rollback();
        } catch (SQLException f) {
          e.addSuppressed(f);
        }
        throw e;
      } finally {
        Sql.patience(connection, before);
      }
    }
  }
}
