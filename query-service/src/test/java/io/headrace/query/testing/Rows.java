package io.headrace.query.testing;

import io.headrace.events.platform.ViewStreams;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Map;

/** Writes read tables as the projection worker would: with its role, and behind its views. */
public final class Rows {

  private Rows() {}

  public static Connection projection() throws SQLException {
    return LocalStackResource.postgres().connect(PostgresServer.VIEWS, "headrace_projection");
  }

  public static Connection owner() throws SQLException {
    return LocalStackResource.postgres().connect(PostgresServer.VIEWS, "headrace_owner");
  }

  public static void execute(String sql) {
    try (var connection = projection();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  public static void asOwner(String sql) {
    try (var connection = owner();
        var statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  public static void clear() {
    execute(
        """
        DELETE FROM orders_g1; DELETE FROM sellers_g1; DELETE FROM daily_sales_g1;
        DELETE FROM view_partition; DELETE FROM view_stream; DELETE FROM view_freshness;
        DELETE FROM view_topic; DELETE FROM parked_event; DELETE FROM parked_lane;
        DELETE FROM almanac; DELETE FROM view_change""");
    asOwner("DELETE FROM view_change_pruned");
  }

  /** As the worker's commit of a stream's version, with its message to readers. */
  public static void applied(String streamId, long version) {
    execute(
        """
        INSERT INTO view_stream VALUES ('orders', 1, '%s', %d)
          ON CONFLICT (view, generation, stream_id) DO UPDATE SET version = excluded.version;
        SELECT pg_notify('headrace_views', 'orders:1')"""
            .formatted(streamId, version));
  }

  /** The same by a worker that says with its message what it has done. */
  public static void told(String streamId, long version) {
    execute(
        """
        INSERT INTO view_stream VALUES ('orders', 1, '%s', %d)
          ON CONFLICT (view, generation, stream_id) DO UPDATE SET version = excluded.version;
        %s"""
            .formatted(streamId, version, telling(1, streamId, version)));
  }

  /** Only says it. */
  public static String telling(int generation, String streamId, long version) {
    return """
        SELECT pg_notify('headrace_view_streams', '%s');
        SELECT pg_notify('headrace_views', 'orders:%d')"""
        .formatted(
            ViewStreams.encode("orders", generation, Map.of(streamId, version)).orElseThrow(),
            generation);
  }

  /** Some work on rows, and the note of it, in one transaction of the worker. */
  public static void change(String relation, String sql, String... keys) {
    try (var connection = projection()) {
      connection.setAutoCommit(false);
      try (var statement = connection.createStatement()) {
        statement.execute(sql);
      }
      note(connection, relation, keys);
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What the worker leaves for those who watch. */
  public static void note(Connection connection, String relation, String... keys)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            """
            INSERT INTO view_change (relation, generation, keys)
              SELECT ?, generation, ? FROM view_generation WHERE view = 'orders' AND state = 'live'""")) {
      insert.setString(1, relation);
      insert.setArray(2, connection.createArrayOf("text", keys));
      insert.executeUpdate();
    }
    try (var notify =
        connection.prepareStatement("SELECT pg_notify('headrace_views', ? || ':1')")) {
      notify.setString(1, relation);
      notify.execute();
    }
  }

  /** A row with nothing in it but what a placed order always has. */
  public static void placed(String orderId, String customerId, String status, Instant placedAt) {
    try (var connection = projection()) {
      placed(connection, orderId, customerId, status, placedAt);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  public static void placed(
      Connection connection, String orderId, String customerId, String status, Instant placedAt)
      throws SQLException {
    try (var insert =
        connection.prepareStatement(
            """
            INSERT INTO orders_g1 (order_id, customer_id, status, currency, items, freight, total,
              paid, refunded, lines, sellers, payments, reviews, review_count, review_score_sum,
              placed_at, late)
            VALUES (?, ?, ?, 'BRL', 10, 2.5, 12.5, 0, 0, '[]', '[]', '{}', '{}', 0, 0, ?, false)""")) {
      insert.setString(1, orderId);
      insert.setString(2, customerId);
      insert.setString(3, status);
      insert.setTimestamp(4, Timestamp.from(placedAt));
      insert.executeUpdate();
    }
  }
}
