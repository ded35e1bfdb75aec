package io.headrace.projection.platform.engine;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Binds a column of values as one parameter. */
final class Sql {

  private Sql() {}

  /**
   * Lets a connection wait longer than requests may: an index, a comparison or a deletion of a
   * large table takes its time.
   *
   * @return what to give to {@link #patience} afterwards
   */
  static int patience(Connection connection, int millis) throws SQLException {
    int before = connection.getNetworkTimeout();
    connection.setNetworkTimeout(Runnable::run, millis);
    return before;
  }

  /** For {@link #patience}. */
  static final int LONG = 3_600_000;

  /** As an array of texts; the statement casts it to what it needs. */
  static void bind(
      PreparedStatement statement, int index, Collection<? extends @Nullable Object> values)
      throws SQLException {
    Object[] texts = new Object[values.size()];
    int i = 0;
    for (Object value : values) {
      texts[i++] = value == null ? null : value.toString();
    }
    statement.setArray(index, statement.getConnection().createArrayOf("text", texts));
  }
}
