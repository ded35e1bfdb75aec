package io.headrace.relay.platform.source;

import io.headrace.relay.platform.DatabaseConfig;
import io.headrace.relay.platform.RelayConfig;
import io.headrace.relay.platform.RelayRefusedException;
import java.security.cert.CertificateException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.replication.LogSequenceNumber;

/** A connection to the log's database, for questions about the slot. For one thread. */
public final class LogDatabase implements AutoCloseable {

  /** The prefix of the messages that keep an idle slot moving, and say what time it is. */
  static final String HEARTBEAT = "headrace.heartbeat";

  /** Seconds. */
  private static final int SOCKET_TIMEOUT = 10;

  private static final String SLOT =
      """
      SELECT confirmed_flush_lsn::text, active, wal_status, plugin, database,
             pg_current_wal_lsn()::text AS current_lsn,
             pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::bigint AS lag,
             pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS retained,
             safe_wal_size,
             -- As JSON: older servers have no such columns.
             to_jsonb(s)->>'invalidation_reason' AS invalidation_reason,
             coalesce((to_jsonb(s)->>'failover')::boolean, false) AS failover
        FROM pg_replication_slots s
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
   * @throws RelayRefusedException if PostgreSQL does not let the role in, or is not trusted
   */
  public static LogDatabase connect(DatabaseConfig database, RelayConfig config)
      throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("socketTimeout", Integer.toString(SOCKET_TIMEOUT));
    // A relay that freezes while it claims the slot loses its claim after so long.
    properties.setProperty("options", "-c idle_session_timeout=60s");
    return new LogDatabase(connect(database, properties), config, database.name());
  }

  /**
   * @param further settings of PostgreSQL's driver
   */
  static Connection connect(DatabaseConfig database, Properties further) throws SQLException {
    Properties properties = new Properties();
    properties.putAll(further);
    properties.setProperty("user", database.user());
    properties.setProperty("password", database.password());
    properties.setProperty("sslmode", database.sslMode().wire());
    properties.setProperty("sslrootcert", database.sslCa());
    properties.setProperty("ApplicationName", "headrace-relay");
    properties.setProperty("connectTimeout", "5");
    properties.setProperty("loginTimeout", "5");
    String url =
        "jdbc:postgresql://%s:%d/%s".formatted(database.host(), database.port(), database.name());
    try {
      Connection connection = new Driver().connect(url, properties);
      if (connection == null) {
        throw new SQLException("no driver for " + url);
      }
      return connection;
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
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      // A handshake may break off for reasons that pass; this is no such one.
      if (cause instanceof CertificateException) {
        throw RelayRefusedException.misconfigured(
            "PostgreSQL at %s:%d has a certificate that the authority in %s does not vouch for: %s"
                .formatted(database.host(), database.port(), database.sslCa(), cause.getMessage()));
      }
    }
    return e;
  }

  /**
   * Whether the server and the role can do what a relay needs.
   *
   * @throws RelayRefusedException if not
   */
  public void requireReplication() throws SQLException {
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
  }

  /** Whether there is the publication. */
  public boolean published() throws SQLException {
    return text("SELECT pubname FROM pg_publication WHERE pubname = ?", config.publication())
        != null;
  }

  /** Whether the server limits what a slot may retain. */
  public boolean limitsRetention() throws SQLException {
    return !"-1".equals(text("SHOW max_slot_wal_keep_size"));
  }

  /** The contexts that have events. */
  public List<String> contexts() throws SQLException {
    return unhurried(
        () -> {
          List<String> contexts = new ArrayList<>();
          try (PreparedStatement statement =
                  connection.prepareStatement("SELECT DISTINCT context FROM " + config.table());
              ResultSet rows = statement.executeQuery()) {
            while (rows.next()) {
              contexts.add(rows.getString(1));
            }
          }
          return contexts;
        });
  }

  /**
   * Whether the slot will still send every row of the log. Nothing but the rows says so: PostgreSQL
   * does not tell where a slot was created. To be asked only while nobody streams from it.
   *
   * <p>One statement, one snapshot: the rows it sees are compared with those rows of the slot whose
   * transactions it sees. Transaction ids of 32 bits are completed to the nearest of 64.
   */
  public boolean unread() throws SQLException {
    String sql =
        """
        WITH now AS (
          SELECT pg_current_snapshot() AS snapshot,
                 pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next),
        sent AS (
          SELECT snapshot, next, (p.xid::text::bigint - next) & 4294967295 AS distance
            FROM now,
                 pg_logical_slot_peek_binary_changes(
                   ?, NULL, NULL, 'proto_version', '1', 'publication_names', ?) p
           WHERE get_byte(p.data, 0) = ascii('I'))
        SELECT (SELECT count(*) FROM %s) =
               (SELECT count(*)
                  FROM sent
                 WHERE pg_visible_in_snapshot(
                   (next + distance - CASE WHEN distance >= 2147483648 THEN 4294967296 ELSE 0 END)::text::xid8,
                   snapshot))
        """
            .formatted(config.table());
    return unhurried(() -> "t".equals(text(sql, config.slot(), config.publication())));
  }

  @FunctionalInterface
  private interface Question<T> {
    T ask() throws SQLException;
  }

  /** What reads the whole log may take longer than a network. */
  private <T> T unhurried(Question<T> question) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, 0);
    try {
      return question.ask();
    } finally {
      connection.setNetworkTimeout(Runnable::run, SOCKET_TIMEOUT * 1_000);
    }
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
    String status = String.valueOf(row.getString("wal_status"));
    long safe = row.getLong("safe_wal_size");
    @Nullable Long safeBytes = row.wasNull() ? null : safe;
    return new SlotState(
        lsn(row.getString("confirmed_flush_lsn")),
        lsn(row.getString("current_lsn")),
        row.getLong("lag"),
        row.getLong("retained"),
        safeBytes,
        status,
        row.getBoolean("failover"),
        row.getBoolean("active"),
        lost(status, row.getString("invalidation_reason")));
  }

  private @Nullable String lost(String status, @Nullable String reason) {
    if (reason != null) {
      return "PostgreSQL has invalidated the slot %s (%s)".formatted(config.slot(), reason);
    }
    return "lost".equals(status)
        ? "PostgreSQL has removed log that the slot %s still needed".formatted(config.slot())
        : null;
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

  /** Keeps the claim even while this connection is idle, for as long as it lives. */
  public void keepClaim() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET idle_session_timeout = 0");
    }
  }

  /** Identifies the cluster: LSNs of one mean nothing in another. */
  public String system() throws SQLException {
    return String.valueOf(text("SELECT system_identifier::text FROM pg_control_system()"));
  }

  /**
   * Writes a message into the log, with the time. It comes to the relay through the slot, behind
   * everything that was committed before, whatever the publication holds.
   *
   * <p>PostgreSQL reads its clock before it writes the message. A transaction that anyone knew to
   * be committed by that time has its commit in the log already, and so before the message.
   */
  public void heartbeat() throws SQLException {
    text(
        """
        SELECT pg_logical_emit_message(false, ?,
            (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text)::text""",
        HEARTBEAT);
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
