package io.headrace.benchmarks.query;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * HTTP/1.1 clients, each with a connection of its own that asks again when it has been answered;
 * all of them on one thread and with the least that can be done, because the load takes the
 * processors away from what it measures.
 */
final class HttpLoad {

  /** Of one run; latencies in nanoseconds, ascending. */
  record Result(double perSecond, long[] latencies) {

    double millis(double percent) {
      return latencies[(int) Math.round(percent / 100 * (latencies.length - 1))] / 1e6;
    }
  }

  private static final int LARGEST_ANSWER = 1 << 19;

  private static final class Client {
    final SocketChannel channel;
    final ByteBuffer in = ByteBuffer.allocate(LARGEST_ANSWER);
    long sent;
    int end = -1;

    Client(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private final InetSocketAddress server;
  private final int clients;
  private final Supplier<String> paths;
  private final String headers;

  /**
   * @param paths a new one for each request
   * @param headers further lines, each ended by CRLF
   */
  HttpLoad(int port, int clients, String headers, Supplier<String> paths) {
    this.server = new InetSocketAddress("127.0.0.1", port);
    this.clients = clients;
    this.headers = headers;
    this.paths = paths;
  }

  Result run(double seconds) throws IOException {
    long[] latencies = new long[1 << 20];
    int done = 0;
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    long last = start;
    try (Selector selector = Selector.open()) {
      List<Client> all = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        SocketChannel channel = SocketChannel.open(server);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.configureBlocking(false);
        Client client = new Client(channel);
        channel.register(selector, SelectionKey.OP_READ, client);
        all.add(client);
        send(client);
      }
      int busy = clients;
      while (busy > 0) {
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
          Client client = (Client) key.attachment();
          if (!answered(client)) {
            continue;
          }
          long now = System.nanoTime();
          if (done == latencies.length) {
            latencies = Arrays.copyOf(latencies, 2 * done);
          }
          latencies[done++] = now - client.sent;
          last = now;
          if (now < end) {
            send(client);
          } else {
            busy--;
          }
        }
        selector.selectedKeys().clear();
      }
      for (Client client : all) {
        client.channel.close();
      }
    }
    long[] measured = Arrays.copyOf(latencies, done);
    Arrays.sort(measured);
    return new Result(done / ((last - start) / 1e9), measured);
  }

  private void send(Client client) throws IOException {
    ByteBuffer out =
        ByteBuffer.wrap(
            ("GET " + paths.get() + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    client.in.clear();
    client.end = -1;
    client.sent = System.nanoTime();
    while (out.hasRemaining()) {
      client.channel.write(out); // far below the socket's buffer
    }
  }

  private static boolean answered(Client client) throws IOException {
    if (client.channel.read(client.in) < 0) {
      throw new IOException("the service closed a connection");
    }
    if (client.end < 0) {
      String start =
          new String(
              client.in.array(),
              0,
              Math.min(client.in.position(), 4096),
              StandardCharsets.ISO_8859_1);
      int head = start.indexOf("\r\n\r\n");
      if (head < 0) {
        return false;
      }
      if (!start.startsWith("HTTP/1.1 200")) {
        throw new IOException("not answered: " + start);
      }
      int name = start.toLowerCase(Locale.ROOT).indexOf("content-length:");
      client.end =
          head + 4 + Integer.parseInt(start.substring(name + 15, start.indexOf('\r', name)).trim());
    }
    return client.in.position() >= client.end;
  }
}
