package io.headrace.benchmarks.append;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * HTTP/1.1 clients, each with a connection of its own that sends a request when the one before it
 * has been answered; all of them on one thread and with the least that can be done, because the
 * load takes the processors away from what it measures.
 */
final class HttpLoad {

  record Request(String path, String body) {}

  private static final class Client {
    final SocketChannel channel;
    final ByteBuffer out = ByteBuffer.allocate(8 * 1024);
    final ByteBuffer in = ByteBuffer.allocate(16 * 1024);
    boolean busy;
    long due;

    Client(SocketChannel channel) {
      this.channel = channel;
    }
  }

  private final InetSocketAddress server;
  private final int clients;
  private final Supplier<Request> requests;

  HttpLoad(int port, int clients, Supplier<Request> requests) {
    this.server = new InetSocketAddress("127.0.0.1", port);
    this.clients = clients;
    this.requests = requests;
  }

  /** So many, each after the answer to the one before; for one client. */
  void send(int number) throws IOException {
    try (SocketChannel channel = SocketChannel.open(server)) {
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      var client = new Client(channel);
      for (int i = 0; i < number; i++) {
        send(client);
        while (receive(client) < 0) {
          // the rest of the answer
        }
      }
    }
  }

  /** As fast as the answers come. */
  Measured run(double seconds) throws IOException {
    return run(seconds, 0);
  }

  /**
   * At this rate; a latency is counted from the moment at which the request was due, so that one
   * that waits behind a slow one is slow too.
   */
  Measured run(double seconds, double perSecond) throws IOException {
    var latencies = new Latencies();
    long events = 0;
    long done = 0;
    try (Selector selector = Selector.open()) {
      List<Client> all = connect(selector);
      long start = System.nanoTime();
      long end = start + (long) (seconds * 1e9);
      long interval = perSecond == 0 ? 0 : (long) (1e9 / perSecond);
      long nextDue = start;
      int busy = 0;
      int next = 0;
      while (true) {
        long now = System.nanoTime();
        boolean over = now >= end;
        if (over && busy == 0) {
          break;
        }
        for (int tried = 0; !over && tried < all.size() && (interval == 0 || nextDue <= now); ) {
          Client client = all.get(next);
          next = (next + 1) % all.size();
          tried++;
          if (!client.busy) {
            client.due = interval == 0 ? System.nanoTime() : nextDue;
            nextDue += interval;
            send(client);
            busy++;
            tried = 0;
            if (busy == all.size()) {
              break;
            }
          }
        }
        if (interval == 0 || busy == all.size() || nextDue - System.nanoTime() > 2_000_000) {
          selector.select(1);
        } else {
          selector.selectNow();
        }
        for (SelectionKey key : selector.selectedKeys()) {
          Client client = (Client) key.attachment();
          int recorded = receive(client);
          if (recorded >= 0) {
            long answered = System.nanoTime();
            client.busy = false;
            busy--;
            events += recorded;
            if (answered < end) {
              done++;
              latencies.add(answered - client.due);
            }
          }
        }
        selector.selectedKeys().clear();
      }
      for (Client client : all) {
        client.channel.close();
      }
    }
    return new Measured(seconds, done, events, latencies);
  }

  private List<Client> connect(Selector selector) throws IOException {
    List<Client> all = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      SocketChannel channel = SocketChannel.open(server);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.configureBlocking(false);
      var client = new Client(channel);
      channel.register(selector, SelectionKey.OP_READ, client);
      all.add(client);
    }
    return all;
  }

  private void send(Client client) throws IOException {
    Request request = requests.get();
    byte[] body = request.body().getBytes(StandardCharsets.UTF_8);
    client.out.clear();
    client.out.put(
        ("POST "
                + request.path()
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: "
                + body.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    client.out.put(body).flip();
    while (client.out.hasRemaining()) {
      client.channel.write(client.out); // far below the socket's buffer
    }
    client.in.clear();
    client.busy = true;
  }

  /** How many events the answer tells, or -1 while it is not complete. */
  private static int receive(Client client) throws IOException {
    if (client.channel.read(client.in) < 0) {
      throw new IOException("the service closed a connection");
    }
    String text =
        new String(client.in.array(), 0, client.in.position(), StandardCharsets.ISO_8859_1);
    int head = text.indexOf("\r\n\r\n");
    if (head < 0) {
      return -1;
    }
    int name = text.toLowerCase(java.util.Locale.ROOT).indexOf("content-length:");
    int length = Integer.parseInt(text.substring(name + 15, text.indexOf('\r', name)).trim());
    if (text.length() < head + 4 + length) {
      return -1;
    }
    if (!text.startsWith("HTTP/1.1 20")) {
      throw new IOException("not accepted: " + text);
    }
    return text.indexOf("\"events\":[]", head) > 0 ? 0 : 1;
  }
}
