package io.headrace.benchmarks.append;

import io.headrace.localstack.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What PostgreSQL itself commits: plain connections, one prepared INSERT of one event per
 * transaction, into a table like the log.
 */
final class Ceiling {

  static final String TABLE = "bare_log";

  private static final String INSERT =
      "INSERT INTO " + TABLE + " VALUES (?, 1, 'ordering', 'ordering.OrderPlaced.v1', ?, ?, ?, ?)";

  private final PostgresServer postgres;
  private final String database;

  Ceiling(PostgresServer postgres, String database) {
    this.postgres = postgres;
    this.database = database;
  }

  void create() throws Exception {
    try (Connection connection = postgres.connect(database);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE " + TABLE + " (LIKE event_log INCLUDING ALL)");
    }
  }

  /** As fast as the commits come. */
  Measured run(int connections, double seconds) throws Exception {
    return run(connections, seconds, 0);
  }

  /**
   * At this rate; a latency is counted from the moment at which the insert was due, as {@link
   * HttpLoad} does it.
   */
  Measured run(int connections, double seconds, double perSecond) throws Exception {
    long before = count();
    List<Future<Latencies>> workers = new ArrayList<>();
    List<Connection> open = new ArrayList<>();
    var latencies = new Latencies();
    try (ExecutorService executor = Executors.newFixedThreadPool(connections)) {
      for (int i = 0; i < connections; i++) {
        open.add(postgres.connect(database));
      }
      long begin = System.nanoTime();
      long end = begin + (long) (seconds * 1e9);
      var turn = new AtomicLong();
      Due due =
          perSecond == 0
              ? System::nanoTime
              : () -> awaited(begin + (long) (turn.getAndIncrement() * 1e9 / perSecond));
      for (Connection connection : open) {
        workers.add(executor.submit(() -> insert(connection, due, end)));
      }
      for (Future<Latencies> worker : workers) {
        latencies.addAll(worker.get());
      }
    } finally {
      for (Connection connection : open) {
        connection.close();
      }
    }
    long events = count() - before;
    if (events != latencies.count()) {
      throw new IllegalStateException(
          "%d were committed, %d are there".formatted(latencies.count(), events));
    }
    return new Measured(seconds, latencies.count(), events, latencies);
  }

  /** Waits for the next insert that is due, and says since when it is. */
  private interface Due {
    long next();
  }

  private static long awaited(long due) {
    for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
      LockSupport.parkNanos(due - now);
    }
    return due;
  }

  private static Latencies insert(Connection connection, Due due, long end) throws Exception {
    var latencies = new Latencies();
    try (PreparedStatement insert = connection.prepareStatement(INSERT)) {
      for (long start = due.next(); start < end; start = due.next()) {
        String id = UUID.randomUUID().toString();
        insert.setString(1, "order-" + id);
        insert.setString(2, id);
        insert.setLong(3, System.currentTimeMillis() * 1000);
        insert.setString(4, Commands.METADATA);
        insert.setString(5, Commands.ORDER_PLACED);
        insert.executeUpdate();
        latencies.add(System.nanoTime() - start);
      }
    }
    return latencies;
  }

  private long count() throws Exception {
    return Sql.number(postgres, database, "SELECT count(*) FROM " + TABLE);
  }
}
