package io.headrace.relay.platform.source;

import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;
import org.postgresql.replication.LogSequenceNumber;

/**
 * The slot created anew, and a snapshot that ends exactly where it begins: what was committed
 * before is in the snapshot, what is committed later comes through the slot, nothing is in both and
 * nothing in neither (PostgreSQL, "Streaming Replication Protocol", CREATE_REPLICATION_SLOT).
 */
public final class SlotCreation implements AutoCloseable {

  private static final int FAILOVER_SINCE = 170_000;

  /** The snapshot lives until the next command on it. */
  private final Connection connection;

  private final long lsn;
  private final String snapshot;

  private SlotCreation(Connection connection, long lsn, String snapshot) {
    this.connection = connection;
    this.lsn = lsn;
    this.snapshot = snapshot;
  }

  /** Drops the slot, if there is one, and creates it. Waits for transactions that are open now. */
  public static SlotCreation anew(DatabaseConfig database, RelayConfig config) throws SQLException {
    Connection connection = replication(database);
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '%s'"
              .formatted(config.slot().replace("'", "''")));
      statement.execute(
          "CREATE_REPLICATION_SLOT %s LOGICAL pgoutput%s"
              .formatted(
                  quoted(config.slot()),
                  config.failoverSlot() && version(connection) >= FAILOVER_SINCE
                      ? " (FAILOVER true)"
                      : ""));
      try (ResultSet created = statement.getResultSet()) {
        created.next();
        return new SlotCreation(
            connection,
            LogSequenceNumber.valueOf(created.getString("consistent_point")).asLong(),
            created.getString("snapshot_name"));
      }
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Has the slot carried over to standbys of the server, where the server can do that. To be called
   * while nobody streams from it.
   *
   * @return whether anything was changed
   */
  public static boolean carryOver(DatabaseConfig database, RelayConfig config) throws SQLException {
    try (Connection connection = replication(database);
        Statement statement = connection.createStatement()) {
      if (version(connection) < FAILOVER_SINCE) {
        return false;
      }
      statement.execute(
          "ALTER_REPLICATION_SLOT %s (FAILOVER true)".formatted(quoted(config.slot())));
      return true;
    }
  }

  private static Connection replication(DatabaseConfig database) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("replication", "database");
    properties.setProperty("preferQueryMode", "simple");
    properties.setProperty("assumeMinServerVersion", "13");
    return LogDatabase.connect(database, properties);
  }

  private static int version(Connection connection) throws SQLException {
    return connection.unwrap(PGConnection.class) instanceof BaseConnection base
            && base.haveMinimumServerVersion(FAILOVER_SINCE)
        ? FAILOVER_SINCE
        : 0;
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Where it begins. */
  public long lsn() {
    return lsn;
  }

  /** The name of the snapshot. */
  String snapshot() {
    return snapshot;
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
