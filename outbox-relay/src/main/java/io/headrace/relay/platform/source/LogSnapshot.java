package io.headrace.relay.platform.source;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.record.LogRow;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/**
 * The event log as it stands in one snapshot, and beside it the ids of what is published, in
 * temporary tables: however much there is, it is PostgreSQL that compares it. For one thread.
 */
public final class LogSnapshot implements AutoCloseable {

  /** What the comparison found, by its kinds. */
  public record Counts(long log, long published, long twice, long missing, long unknown) {}

  /**
   * A row that is not published.
   *
   * @param first the first version of its stream that is published, or null if none is
   * @param last the last one
   */
  public record Missing(LogRow row, @Nullable Long first, @Nullable Long last) {}

  /** Takes rows, some at a time. */
  @FunctionalInterface
  public interface Rows {
    void take(List<Missing> rows) throws SQLException;
  }

  private static final int COPY_BYTES = 64 * 1024;

  private final Connection connection;
  private final String table;
  private @Nullable CopyIn copy;
  private StringBuilder lines = new StringBuilder();

  private LogSnapshot(Connection connection, String table) {
    this.connection = connection;
    this.table = table;
  }

  /** The log up to where the slot begins. */
  public static LogSnapshot of(DatabaseConfig database, RelayConfig config, SlotCreation slot)
      throws SQLException {
    Connection connection = LogDatabase.connect(database, new Properties());
    LogSnapshot log = new LogSnapshot(connection, config.table());
    try {
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      log.execute("SET TRANSACTION SNAPSHOT '" + slot.snapshot() + "'");
      log.execute(
          "CREATE TEMPORARY TABLE published (stream_id text NOT NULL, stream_version bigint NOT NULL) ON COMMIT DROP");
      log.execute("CREATE TEMPORARY TABLE parked (event text PRIMARY KEY) ON COMMIT DROP");
      return log;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Notes that an event is published. */
  public void published(String streamId, long streamVersion) throws SQLException {
    lines.append(escaped(streamId)).append('\t').append(streamVersion).append('\n');
    if (lines.length() >= COPY_BYTES) {
      copy();
    }
  }

  private void copy() throws SQLException {
    CopyIn into = copy;
    if (into == null) {
      into =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn("COPY published FROM STDIN (ENCODING 'UTF8')");
      copy = into;
    }
    byte[] bytes = lines.toString().getBytes(UTF_8);
    into.writeToCopy(bytes, 0, bytes.length);
    lines = new StringBuilder();
  }

  /** PostgreSQL, "COPY", text format. */
  private static String escaped(String text) {
    return text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r");
  }

  /**
   * Compares; nothing more may be noted as published.
   *
   * @param parked ids that are not missed
   */
  public Counts compare(Collection<String> parked) throws SQLException {
    copy();
    CopyIn into = copy;
    if (into != null) {
      into.endCopy();
    }
    try (PreparedStatement insert =
        connection.prepareStatement("INSERT INTO parked SELECT unnest(?::text[])")) {
      insert.setArray(1, connection.createArrayOf("text", parked.toArray()));
      insert.executeUpdate();
    }
    execute("ANALYZE published");
    // The order in which to publish. Transactions come in the order of their ids: what was appended
    // because of an event has a later one than the event. Within one, rows come as they were
    // inserted, which is how they lie in the table. And versions in their order whatever ids and
    // places say: neither ever falls within a stream.
    execute(
        """
        CREATE TEMPORARY TABLE missing ON COMMIT DROP AS
        SELECT stream_id, stream_version, first, last, turn,
               max(place) OVER (PARTITION BY stream_id, turn ORDER BY stream_version) AS place
          FROM (
            SELECT l.stream_id, l.stream_version, s.first, s.last,
                   ((l.ctid::text::point)[0]::bigint << 16) + (l.ctid::text::point)[1]::bigint AS place,
                   max(-age(l.xmin)) OVER (PARTITION BY l.stream_id ORDER BY l.stream_version) AS turn
              FROM %s l
              LEFT JOIN (SELECT stream_id, min(stream_version) AS first, max(stream_version) AS last
                           FROM published GROUP BY stream_id) s USING (stream_id)
             WHERE NOT EXISTS (SELECT FROM published p
                                WHERE p.stream_id = l.stream_id AND p.stream_version = l.stream_version)
               AND NOT EXISTS (SELECT FROM parked p
                                WHERE p.event = l.stream_id || '@' || l.stream_version)) m
        """
            .formatted(table));
    execute("CREATE INDEX ON missing (turn, place, stream_id, stream_version)");
    execute("ANALYZE missing");
    return new Counts(
        count("SELECT count(*) FROM " + table),
        count("SELECT count(*) FROM published"),
        count(
            "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM published GROUP BY stream_id, stream_version HAVING count(*) > 1) t"),
        count("SELECT count(*) FROM missing"),
        count("SELECT count(*) " + UNKNOWN.formatted(table)));
  }

  private static final String UNKNOWN =
      """
      FROM published p
      WHERE NOT EXISTS (SELECT FROM %s l
                         WHERE l.stream_id = p.stream_id AND l.stream_version = p.stream_version)
      """;

  /** The id of some event that is published, but not in the log. */
  public String someUnknown() throws SQLException {
    return text(
        "SELECT stream_id || '@' || stream_version " + UNKNOWN.formatted(table) + " LIMIT 1");
  }

  /** Every row that is not published, in the order to publish them in. */
  public void missing(int atOnce, Rows rows) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT stream_id, stream_version, l.context, l.event_type, l.partition_key,
                   l.recorded_at, l.metadata, l.payload, m.first, m.last
              FROM missing m JOIN %s l USING (stream_id, stream_version)
             ORDER BY m.turn, m.place, stream_id, stream_version
            """
                .formatted(table))) {
      statement.setFetchSize(atOnce);
      List<Missing> some = new ArrayList<>(atOnce);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          some.add(missing(row));
          if (some.size() == atOnce) {
            rows.take(some);
            some.clear();
          }
        }
      }
      if (!some.isEmpty()) {
        rows.take(some);
      }
    }
  }

  private static Missing missing(ResultSet row) throws SQLException {
    return new Missing(
        new LogRow(
            0,
            row.getString(1),
            row.getLong(2),
            row.getString(3),
            row.getString(4),
            row.getString(5),
            row.getLong(6),
            row.getString(7),
            row.getString(8)),
        row.getObject(9, Long.class),
        row.getObject(10, Long.class));
  }

  private long count(String sql) throws SQLException {
    return Long.parseLong(text(sql));
  }

  private String text(String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
