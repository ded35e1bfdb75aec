package io.headrace.relay.platform.source;

import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayRefusedException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.replication.LogSequenceNumber;

/** A connection to the log's database, for questions about the slot. For one thread. */
public final class LogDatabase implements AutoCloseable {

  /** The prefix of the messages that keep an idle slot moving. */
  static final String HEARTBEAT = "headrace.heartbeat";

  private static final String SLOT =
      """
      SELECT confirmed_flush_lsn::text, active, wal_status, plugin, database,
             pg_current_wal_lsn()::text AS current_lsn,
             pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint AS lag,
             pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS retained
        FROM pg_replication_slots
       WHERE slot_name = ?
      """;

  private final Connection connection;
  private final RelayConfig config;
  private final String database;

  private LogDatabase(Connection connection, RelayConfig config, String database) {
    this.connection = connection;
    this.config = config;
    this.database = database;
  }

  /**
   * @throws RelayRefusedException if PostgreSQL does not let the role in
   */
  public static LogDatabase connect(DatabaseConfig database, RelayConfig config)
      throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", database.user());
    properties.setProperty("password", database.password());
    properties.setProperty("ApplicationName", "headrace-relay");
    properties.setProperty("connectTimeout", "5");
    properties.setProperty("loginTimeout", "5");
    properties.setProperty("socketTimeout", "10");
    // A relay that freezes while it claims the slot loses its claim after so long.
    properties.setProperty("options", "-c idle_session_timeout=60s");
    String url =
        "jdbc:postgresql://%s:%d/%s".formatted(database.host(), database.port(), database.name());
    try {
      Connection connection = new Driver().connect(url, properties);
      if (connection == null) {
        throw new SQLException("no driver for " + url);
      }
      return new LogDatabase(connection, config, database.name());
    } catch (SQLException e) {
      throw explained(e, database);
    }
  }

  private static SQLException explained(SQLException e, DatabaseConfig database) {
    String state = String.valueOf(e.getSQLState());
    // 28000, 28P01: invalid authorization, invalid password; 3D000: no such database.
    if (state.startsWith("28") || state.equals("3D000")) {
      throw RelayRefusedException.misconfigured(
          "PostgreSQL at %s:%d does not let the role %s into the database %s: %s"
              .formatted(
                  database.host(),
                  database.port(),
                  database.user(),
                  database.name(),
                  e.getMessage()));
    }
    return e;
  }

  /**
   * What is missing before the slot can be streamed from, and that the command service's migrations
   * will bring; empty if nothing is.
   *
   * @throws RelayRefusedException if something is wrong that nobody will bring
   */
  public Optional<String> missing() throws SQLException {
    String walLevel = text("SHOW wal_level");
    if (!"logical".equals(walLevel)) {
      throw RelayRefusedException.misconfigured(
          "the relay needs PostgreSQL to run with wal_level=logical, but it runs with wal_level="
              + walLevel);
    }
    if (!"t"
        .equals(
            text("SELECT rolreplication OR rolsuper FROM pg_roles WHERE rolname = current_user"))) {
      throw RelayRefusedException.misconfigured(
          "the role %s lacks the REPLICATION attribute".formatted(text("SELECT current_user")));
    }
    if (text("SELECT pubname FROM pg_publication WHERE pubname = ?", config.publication())
        == null) {
      return Optional.of("the publication %s does not exist".formatted(config.publication()));
    }
    if (slot().isEmpty()) {
      return Optional.of("the replication slot %s does not exist".formatted(config.slot()));
    }
    return Optional.empty();
  }

  /** Empty if there is no such slot. */
  public Optional<SlotState> slot() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SLOT)) {
      statement.setString(1, config.slot());
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? Optional.of(slot(row)) : Optional.empty();
      }
    }
  }

  private SlotState slot(ResultSet row) throws SQLException {
    if (!"pgoutput".equals(row.getString("plugin"))
        || !database.equals(row.getString("database"))) {
      throw new RelayRefusedException(
          "the slot %s belongs to the plugin %s and the database %s, not to pgoutput and %s"
              .formatted(
                  config.slot(), row.getString("plugin"), row.getString("database"), database));
    }
    String status = row.getString("wal_status");
    return new SlotState(
        lsn(row.getString("confirmed_flush_lsn")),
        lsn(row.getString("current_lsn")),
        row.getLong("lag"),
        row.getLong("retained"),
        row.getBoolean("active"),
        "lost".equals(status)
            ? "PostgreSQL has removed log that the slot %s still needed".formatted(config.slot())
            : null);
  }

  /**
   * Claims the right to take over the slot, for as long as this connection lives; false if another
   * relay is about to. Without it, two relays that find the slot free would fence each other in
   * turn.
   */
  public boolean claim() throws SQLException {
    return "t"
        .equals(
            text(
                "SELECT pg_try_advisory_lock(hashtextextended('headrace-relay/' || ?, 0))",
                config.slot()));
  }

  /** Identifies the cluster: LSNs of one mean nothing in another. */
  public String system() throws SQLException {
    return String.valueOf(text("SELECT system_identifier::text FROM pg_control_system()"));
  }

  /**
   * Writes a message into the log. It comes to the relay through the slot, behind everything that
   * was committed before, whatever the publication holds.
   */
  public void heartbeat() throws SQLException {
    text("SELECT pg_logical_emit_message(false, ?, '')::text", HEARTBEAT);
  }

  private @Nullable String text(String sql, String... parameters) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        statement.setString(i + 1, parameters[i]);
      }
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getString(1) : null;
      }
    }
  }

  private static long lsn(@Nullable String text) {
    return text == null ? 0 : LogSequenceNumber.valueOf(text).asLong();
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException _) {
      // It is of no more use either way.
    }
  }
}
