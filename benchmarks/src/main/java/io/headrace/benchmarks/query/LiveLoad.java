package io.headrace.benchmarks.query;

import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients of live queries, and a writer that changes rows as the projection worker does: ten rows a
 * transaction, with the note of them and a notification. Most clients watch one order, some a
 * customer's orders, a few all of them. A change carries the time at which its transaction began,
 * so what is measured is from there to the client, the writer's commit included.
 *
 * <p>Afterwards every client that watches one order must have got the last change of it.
 */
final class LiveLoad implements AutoCloseable {

  private static final int ROWS_A_COMMIT = 10;
  private static final int ALL_ORDERS = 10;
  private static final double OF_ONE_ORDER = 0.7;
  private static final int BUFFER = 1 << 16;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  // A word of the order that nothing else uses: the answer names it as it is.
  private static final byte[] MARK = "\"cancelReason\":\"at-".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] STATE = "event: state".getBytes(StandardCharsets.US_ASCII);

  /**
   * Of one run; latencies in nanoseconds, ascending.
   *
   * @param deliveries a change that was told to a client, each counted
   */
  record Result(double deliveriesPerSecond, double changesPerSecond, long[] latencies) {

    double millis(double percent) {
      return latencies[(int) Math.round(percent / 100 * (latencies.length - 1))] / 1e6;
    }
  }

  private static final class Client {
    final SocketChannel channel;
    final int order; // -1 unless it watches one
    long last;
    int matched;
    int stateMatched;
    boolean inNumber;
    long number;
    boolean begun;

    Client(SocketChannel channel, int order) {
      this.channel = channel;
      this.order = order;
    }
  }

  private final PostgresServer postgres;
  private final int orders;
  private final List<Client> clients = new ArrayList<>();
  private final Selector selector;
  private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER);
  private final Map<Integer, Long> lastWritten = new ConcurrentHashMap<>();
  private long[] latencies = new long[1 << 20];
  private int deliveries;
  private int begun;

  /** As many orders are changed as are watched by themselves. */
  LiveLoad(PostgresServer postgres, int port, int clients) throws IOException {
    this.postgres = postgres;
    this.orders = (int) (clients * OF_ONE_ORDER);
    this.selector = Selector.open();
    for (int i = 0; i < clients; i++) {
      if (i < orders) {
        connect(port, "/orders/" + Dataset.orderId(i), i);
      } else if (i < clients - ALL_ORDERS) {
        // The order of that number is one of this customer's.
        connect(port, "/customers/customer-" + (i - orders) + "/orders", -1);
      } else {
        connect(port, "/orders?limit=1", -1);
      }
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (begun < clients) {
      if (System.nanoTime() > deadline) {
        throw new IOException(begun + " of " + clients + " clients have got a state");
      }
      read();
    }
  }

  private void connect(int port, String path, int order) throws IOException {
    SocketChannel channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
    ByteBuffer request =
        ByteBuffer.wrap(
            ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    while (request.hasRemaining()) {
      channel.write(request);
    }
    channel.configureBlocking(false);
    Client client = new Client(channel, order);
    channel.register(selector, SelectionKey.OP_READ, client);
    clients.add(client);
  }

  Result run(int changesPerSecond, double seconds) throws Exception {
    deliveries = 0;
    lastWritten.clear();
    for (Client client : clients) {
      client.last = 0;
    }
    long begin = System.nanoTime();
    Writer writer = new Writer(changesPerSecond, begin + (long) (seconds * 1e9));
    Thread thread = Thread.ofPlatform().name("writer").start(writer);
    while (thread.isAlive()) {
      read();
    }
    long end = System.nanoTime();
    if (writer.failure != null) {
      throw writer.failure;
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!allHaveTheLast()) {
      if (System.nanoTime() > deadline) {
        throw new IOException("a client has not got the last change of its order");
      }
      read();
    }
    long[] measured = Arrays.copyOf(latencies, deliveries);
    Arrays.sort(measured);
    double took = (end - begin) / 1e9;
    return new Result(deliveries / took, writer.changes / took, measured);
  }

  private boolean allHaveTheLast() {
    for (Client client : clients) {
      Long written = client.order < 0 ? null : lastWritten.get(client.order);
      if (written != null && client.last != written) {
        return false;
      }
    }
    return true;
  }

  private void read() throws IOException {
    selector.select(20);
    for (SelectionKey key : selector.selectedKeys()) {
      Client client = (Client) key.attachment();
      in.clear();
      int bytes = client.channel.read(in);
      if (bytes < 0) {
        throw new IOException("the service closed a stream");
      }
      long now = System.nanoTime();
      for (int i = 0; i < bytes; i++) {
        take(client, in.get(i), now);
      }
    }
    selector.selectedKeys().clear();
  }

  /** Finds the times in what comes, wherever it is cut. */
  private void take(Client client, byte next, long now) {
    if (!client.begun) {
      client.stateMatched =
          next == STATE[client.stateMatched] ? client.stateMatched + 1 : next == STATE[0] ? 1 : 0;
      if (client.stateMatched == STATE.length) {
        client.begun = true;
        begun++;
      }
    }
    if (client.inNumber) {
      if (next >= '0' && next <= '9') {
        client.number = 10 * client.number + next - '0';
      } else {
        client.inNumber = false;
        delivered(client, now);
      }
    } else {
      client.matched = next == MARK[client.matched] ? client.matched + 1 : next == MARK[0] ? 1 : 0;
      if (client.matched == MARK.length) {
        client.matched = 0;
        client.inNumber = true;
        client.number = 0;
      }
    }
  }

  private void delivered(Client client, long now) {
    client.last = client.number;
    if (deliveries == latencies.length) {
      latencies = Arrays.copyOf(latencies, 2 * deliveries);
    }
    latencies[deliveries++] = now - client.number;
  }

  /** Commits at a steady rate, as far as it can. */
  private final class Writer implements Runnable {

    private static final String CHANGE =
        "UPDATE orders_g1 SET cancel_reason = ? WHERE order_id = ANY(?)";
    private static final String NOTE =
        "INSERT INTO view_change (relation, generation, keys) VALUES ('orders', 1, ?)";

    private final int perSecond;
    private final long end;
    private final Random random = new Random(17);
    private long changes;
    private volatile Exception failure;

    Writer(int perSecond, long end) {
      this.perSecond = perSecond;
      this.end = end;
    }

    @Override
    public void run() {
      try (Connection connection = postgres.connect(PostgresServer.VIEWS, "headrace_projection");
          PreparedStatement change = connection.prepareStatement(CHANGE);
          PreparedStatement note = connection.prepareStatement(NOTE);
          PreparedStatement notify =
              connection.prepareStatement("SELECT pg_notify('headrace_views', 'orders:1')")) {
        connection.setAutoCommit(false);
        long pause = 1_000_000_000L * ROWS_A_COMMIT / perSecond;
        for (long due = System.nanoTime(); due < end; due += pause) {
          LockSupport.parkNanos(due - System.nanoTime());
          commit(connection, change, note, notify);
        }
      } catch (SQLException | RuntimeException e) {
        failure = e;
      }
    }

    private void commit(
        Connection connection,
        PreparedStatement change,
        PreparedStatement note,
        PreparedStatement notify)
        throws SQLException {
      Map<Integer, String> keys = new HashMap<>();
      while (keys.size() < ROWS_A_COMMIT) {
        int order = random.nextInt(orders);
        keys.put(order, Dataset.orderId(order));
      }
      var array = connection.createArrayOf("text", keys.values().toArray());
      long now = System.nanoTime();
      change.setString(1, "at-" + now);
      change.setArray(2, array);
      change.executeUpdate();
      note.setArray(1, array);
      note.executeUpdate();
      notify.execute();
      connection.commit();
      keys.keySet().forEach(order -> lastWritten.put(order, now));
      changes += ROWS_A_COMMIT;
    }
  }

  @Override
  public void close() throws IOException {
    for (Client client : clients) {
      client.channel.close();
    }
    selector.close();
  }
}
