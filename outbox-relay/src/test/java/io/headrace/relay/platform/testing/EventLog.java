package io.headrace.relay.platform.testing;

import io.headrace.localstack.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * A database with an event log of its own, as the command service's migrations make it, and writers
 * that append to it concurrently.
 *
 * <p>A partition key stands for three streams. Whoever appends to it holds its lock until after the
 * commit, so the number that each payload carries is the order of commit within its key.
 */
public final class EventLog {

  private static final int STREAMS_PER_KEY = 3;

  private static final class Key {
    final String name;
    final ReentrantLock lock = new ReentrantLock();
    final long[] versions = new long[STREAMS_PER_KEY];
    long events;

    Key(String name) {
      this.name = name;
    }
  }

  private final PostgresServer postgres;
  private final String name;
  private final List<Key> keys = new ArrayList<>();

  private EventLog(PostgresServer postgres, String name, int keys) {
    this.postgres = postgres;
    this.name = name;
    for (int i = 0; i < keys; i++) {
      this.keys.add(new Key("key-%03d".formatted(i)));
    }
  }

  /**
   * A database without any table; {@code name} is also that of the slot and of the context. The
   * slots of tests that have ended are dropped: a server has only so many, and keeps what they
   * need.
   */
  public static EventLog database(PostgresServer postgres, String name) throws SQLException {
    EventLog log = new EventLog(postgres, name, 40);
    try (Connection connection = postgres.connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
      statement.execute("CREATE DATABASE %s OWNER headrace_owner".formatted(name));
    }
    log.execute("ALTER SCHEMA public OWNER TO headrace_owner", PostgresServer.SUPERUSER);
    return log;
  }

  /** The same with table, publication and slot. */
  public static EventLog migrated(PostgresServer postgres, String name) throws SQLException {
    EventLog log = database(postgres, name);
    log.migrate();
    return log;
  }

  public void migrate() throws SQLException {
    execute(
        """
        CREATE TABLE event_log (
          stream_id      text   NOT NULL,
          stream_version bigint NOT NULL,
          context        text   NOT NULL,
          event_type     text   NOT NULL,
          partition_key  text   NOT NULL,
          recorded_at    bigint NOT NULL,
          metadata       text   NOT NULL,
          payload        text   NOT NULL,
          PRIMARY KEY (stream_id, stream_version));
        GRANT SELECT ON event_log TO headrace_relay;
        CREATE PUBLICATION headrace
          FOR TABLE event_log (stream_id, stream_version, context, event_type, partition_key,
                               recorded_at, metadata, payload)
          WITH (publish = 'insert');
        """);
    createSlot();
  }

  public void createSlot() throws SQLException {
    execute("SELECT pg_create_logical_replication_slot('%s', 'pgoutput')".formatted(name));
  }

  public void dropSlot() throws SQLException {
    execute("SELECT pg_drop_replication_slot('%s')".formatted(name));
  }

  public String name() {
    return name;
  }

  public String topic() {
    return name + ".events";
  }

  public void execute(String sql) throws SQLException {
    execute(sql, "headrace_owner");
  }

  private void execute(String sql, String role) throws SQLException {
    try (Connection connection = postgres.connect(name, role);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  public String query(String sql) throws SQLException {
    try (Connection connection = postgres.connect(name, "headrace_owner");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  /** Appends events by transactions of one to some rows each, over one connection. */
  public void append(int events) throws SQLException {
    try (Connection connection = postgres.connect(name, "headrace_owner")) {
      append(connection, events);
    }
  }

  private void append(Connection connection, int events) throws SQLException {
    connection.setAutoCommit(false);
    for (int left = events; left > 0; ) {
      left -= transaction(connection, Math.min(left, 1 + random(30)));
    }
  }

  /**
   * Appends from several connections at once, through failures of the database.
   *
   * @param more asked before each transaction
   */
  public void appendConcurrently(int writers, BooleanSupplier more) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < writers; i++) {
      threads.add(Thread.ofVirtual().start(() -> writer(more)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void writer(BooleanSupplier more) {
    while (more.getAsBoolean()) {
      try (Connection connection = postgres.connect(name, "headrace_owner")) {
        connection.setAutoCommit(false);
        while (more.getAsBoolean()) {
          transaction(connection, 1 + random(30));
        }
      } catch (SQLException _) {
        pause(100);
      }
    }
  }

  /** How many events it holds. */
  public long count() {
    return keys.stream().mapToLong(key -> key.events).sum();
  }

  private int transaction(Connection connection, int events) throws SQLException {
    int width = Math.min(events, 1 + random(3));
    int first = random(keys.size() - width + 1);
    // Always in the same direction, so that no two writers wait for each other.
    List<Key> mine = keys.subList(first, first + width);
    mine.forEach(key -> key.lock.lock());
    try {
      insert(connection, mine, events);
      connection.commit();
      return events;
    } catch (SQLException e) {
      for (Key key : mine) {
        reload(key);
      }
      throw e;
    } finally {
      mine.forEach(key -> key.lock.unlock());
    }
  }

  private void insert(Connection connection, List<Key> mine, int events) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            INSERT INTO event_log
            SELECT * FROM unnest(?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[],
                                 ?::bigint[], ?::text[], ?::text[])
            """)) {
      Object[][] columns = new Object[8][events];
      for (int i = 0; i < events; i++) {
        Key key = mine.get(i % mine.size());
        int stream = random(STREAMS_PER_KEY);
        columns[0][i] = key.name + "-stream-" + stream;
        columns[1][i] = ++key.versions[stream];
        columns[2][i] = name;
        columns[3][i] = name + (stream == 0 ? ".Happened.v1" : ".Continued.v2");
        columns[4][i] = key.name;
        columns[5][i] = micros();
        columns[6][i] =
            "{\"ce_correlationid\":\"%s\",\"traceparent\":\"00-%032x-%016x-01\"}"
                .formatted("grüße-" + key.events, key.events + 1, i + 1);
        columns[7][i] = "{\"n\": %d, \"text\": \"“unberührt” \\n\"}".formatted(++key.events);
      }
      String[] types = {"text", "bigint", "text", "text", "text", "bigint", "text", "text"};
      for (int i = 0; i < 8; i++) {
        statement.setArray(i + 1, connection.createArrayOf(types[i], columns[i]));
      }
      statement.executeUpdate();
    }
  }

  /** After a failure nobody knows whether the transaction was committed; the log does. */
  private void reload(Key key) {
    while (true) {
      try {
        long events = 0;
        for (int stream = 0; stream < STREAMS_PER_KEY; stream++) {
          key.versions[stream] =
              Long.parseLong(
                  query(
                      "SELECT count(*) FROM event_log WHERE stream_id = '%s-stream-%d'"
                          .formatted(key.name, stream)));
          events += key.versions[stream];
        }
        key.events = events;
        return;
      } catch (SQLException _) {
        pause(100);
      }
    }
  }

  /** Everything in the log: a digest of what each row says, by the event's id. */
  public Map<String, Long> rows() throws SQLException {
    Map<String, Long> result = new HashMap<>();
    try (Connection connection = postgres.connect(name, "headrace_owner");
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.setFetchSize(10_000);
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT *, metadata::json->>'ce_correlationid' AS correlation FROM event_log")) {
        while (rows.next()) {
          result.put(
              rows.getString("stream_id") + "@" + rows.getLong("stream_version"),
              digest(
                  rows.getString("context"),
                  rows.getString("event_type"),
                  rows.getString("partition_key"),
                  rows.getLong("recorded_at"),
                  rows.getString("correlation"),
                  rows.getString("payload")));
        }
      }
    }
    return result;
  }

  /** Of what a row says, or the event that was made of it. */
  static long digest(Object... fields) {
    long digest = 17;
    for (Object field : fields) {
      digest = digest * 1_000_003 + Objects.hashCode(field);
    }
    return digest;
  }

  /**
   * Appends large events in one transaction, quickly.
   *
   * @param bytes of each
   */
  public void appendLarge(int events, int bytes) throws SQLException {
    execute(
        """
        INSERT INTO event_log
        SELECT 'large-' || i %% 10, i / 10 + 1, '%1$s', '%1$s.Grew.v1', 'large-' || i %% 10, 0,
               '{"ce_correlationid": "large"}',
               '{"n": ' || i / 10 + 1 || ', "text": "' || repeat('x', %2$d) || '"}'
          FROM generate_series(0, %3$d) i
        """
            .formatted(name, bytes, events - 1));
  }

  public static long micros() {
    return java.time.temporal.ChronoUnit.MICROS.between(
        java.time.Instant.EPOCH, java.time.Instant.now());
  }

  private static int random(int bound) {
    return ThreadLocalRandom.current().nextInt(bound);
  }

  private static void pause(long millis) {
    java.util.concurrent.locks.LockSupport.parkNanos(millis * 1_000_000);
  }
}
