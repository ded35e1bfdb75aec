package io.headrace.projection.platform.engine;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Binds a column of values as one parameter. */
final class Sql {

  private Sql() {}

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
