package io.headrace.projection.platform.engine;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * Rows for a table that has none of them, as COPY takes them: for many rows that costs PostgreSQL,
 * and us, about two thirds of what an INSERT of arrays does. It can be made long before it is sent.
 */
final class Copy {

  private static final int USUAL_ROW = 512;

  private final String sql;
  private final byte[] rows;

  private Copy(String sql, byte[] rows) {
    this.sql = sql;
    this.rows = rows;
  }

  /**
   * @param columns in the order of each row's values
   * @param rows the values as PostgreSQL reads their texts
   */
  static Copy of(String table, List<String> columns, List<@Nullable String[]> rows) {
    StringBuilder text = new StringBuilder(rows.size() * USUAL_ROW);
    for (@Nullable String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        append(text, row[i]);
        text.append(i == row.length - 1 ? '\n' : '\t');
      }
    }
    return new Copy(
        "COPY %s (%s) FROM STDIN".formatted(table, String.join(", ", columns)),
        text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * @throws SQLException also if one of the rows is there already: then none is taken
   */
  void send(Connection connection) throws SQLException {
    if (rows.length == 0) {
      return;
    }
    CopyIn copy = connection.unwrap(PGConnection.class).getCopyAPI().copyIn(sql);
    try {
      copy.writeToCopy(rows, 0, rows.length);
      copy.endCopy();
    } finally {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    }
  }

  /** "COPY", "File Formats", "Text Format" in PostgreSQL's manual. */
  private static void append(StringBuilder text, @Nullable String value) {
    if (value == null) {
      text.append("\\N");
      return;
    }
    if (isPlain(value)) {
      text.append(value);
      return;
    }
    int from = 0;
    for (int i = 0; i < value.length(); i++) {
      char escaped =
          switch (value.charAt(i)) {
            case '\\' -> '\\';
            case '\t' -> 't';
            case '\n' -> 'n';
            case '\r' -> 'r';
            default -> 0;
          };
      if (escaped != 0) {
        text.append(value, from, i).append('\\').append(escaped);
        from = i + 1;
      }
    }
    text.append(value, from, value.length());
  }

  /** Nearly always. A search for one character looks at many at a time. */
  private static boolean isPlain(String value) {
    return value.indexOf('\\') < 0
        && value.indexOf('\t') < 0
        && value.indexOf('\n') < 0
        && value.indexOf('\r') < 0;
  }
}
