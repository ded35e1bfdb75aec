package io.headrace.benchmarks.relay;

import io.headrace.localstack.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A database with the event log as the command service's migrations make it. */
final class EventLog implements AutoCloseable {

  static final int STREAMS = 10_000;

  private final PostgresServer postgres;
  private final String name;

  private EventLog(PostgresServer postgres, String name) {
    this.postgres = postgres;
    this.name = name;
  }

  static EventLog create(PostgresServer postgres, String name) throws SQLException {
    EventLog log = new EventLog(postgres, name);
    try (Connection connection = postgres.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + name);
    }
    log.execute(
        """
        CREATE TABLE event_log (
          stream_id      text   NOT NULL,
          stream_version bigint NOT NULL CHECK (stream_version > 0),
          context        text   NOT NULL,
          event_type     text   NOT NULL,
          partition_key  text   NOT NULL,
          recorded_at    bigint NOT NULL,
          metadata       text   NOT NULL,
          payload        text   NOT NULL,
          PRIMARY KEY (stream_id, stream_version));
        CREATE PUBLICATION headrace FOR TABLE event_log WITH (publish = 'insert');
        """);
    return log;
  }

  String name() {
    return name;
  }

  void slot(String slot) throws SQLException {
    execute("SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(slot));
  }

  /**
   * Appends events of this context in transactions of a hundred, as a group commit makes them.
   *
   * @param bytes of each payload
   */
  void fill(String context, int events, int bytes) throws SQLException {
    execute(
        """
        DO $$
        BEGIN
          FOR t IN 0 .. %2$d LOOP
            INSERT INTO event_log
            SELECT 'stream-' || i %% %4$d, i / %4$d + 1, '%1$s', '%1$s.Happened.v1',
                   'stream-' || i %% %4$d, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
                   '{"ce_correlationid":"c-' || i || '","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}',
                   '{"n":' || i || ',"text":"' || left(p.text, %3$d) || '"}'
              FROM generate_series(t * 100, t * 100 + 99) i,
                   (SELECT string_agg(md5((g + t)::text), '') AS text FROM generate_series(0, %3$d / 32) g) p;
            COMMIT;
          END LOOP;
        END $$
        """
            .formatted(context, events / 100 - 1, bytes, STREAMS));
  }

  /** The polling publisher's table with the same events. */
  void copyToOutbox() throws SQLException {
    execute(
        """
        CREATE TABLE outbox (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, LIKE event_log);
        INSERT INTO outbox (stream_id, stream_version, context, event_type, partition_key, recorded_at, metadata, payload)
          SELECT * FROM event_log ORDER BY stream_version, ctid;
        VACUUM ANALYZE outbox;
        """);
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String part : sql.contains("$$") ? new String[] {sql} : sql.split(";")) {
        if (!part.isBlank()) {
          statement.execute(part);
        }
      }
    }
  }

  String query(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getString(1) : "";
    }
  }

  Connection connect() throws SQLException {
    return postgres.connect(name);
  }

  /** Drops all of it. */
  @Override
  public void close() throws SQLException {
    try (Connection connection = postgres.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE database = '%s' AND active"
              .formatted(name));
      long deadline = System.nanoTime() + 10_000_000_000L;
      while (true) {
        try {
          statement.execute(
              "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '%s'"
                  .formatted(name));
          break;
        } catch (SQLException e) {
          if (System.nanoTime() > deadline) {
            throw e;
          }
        }
      }
      statement.execute("DROP DATABASE %s WITH (FORCE)".formatted(name));
    }
  }
}
