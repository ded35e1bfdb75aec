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

  private static final byte[] POST = bytes("POST ");
  private static final byte[] HEADERS =
      bytes(" HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ");
  private static final byte[] END = bytes("\r\n\r\n");
  private static final byte[] LENGTH = bytes("\r\ncontent-length: ");
  private static final byte[] ACCEPTED = bytes("HTTP/1.1 20");
  private static final byte[] NOTHING = bytes("\"events\":[]");

  /** Both in ASCII. */
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
        // Never spins: that would take one of the processors away. What falls due meanwhile goes
        // out
        // up to a millisecond late, and its latency counts from when it was due.
        selector.select(1);
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
    client.out.clear();
    client.out.put(POST);
    ascii(client.out, request.path());
    client.out.put(HEADERS);
    ascii(client.out, Integer.toString(request.body().length()));
    client.out.put(END);
    ascii(client.out, request.body());
    client.out.flip();
    while (client.out.hasRemaining()) {
      client.channel.write(client.out); // far below the socket's buffer
    }
    client.in.clear();
    client.busy = true;
  }

  private static void ascii(ByteBuffer to, String text) {
    for (int i = 0; i < text.length(); i++) {
      to.put((byte) text.charAt(i));
    }
  }

  /** How many events the answer tells, or -1 while it is not complete. */
  private static int receive(Client client) throws IOException {
    if (client.channel.read(client.in) < 0) {
      throw new IOException("the service closed a connection");
    }
    byte[] bytes = client.in.array();
    int end = client.in.position();
    int body = find(bytes, 0, end, END);
    if (body < 0) {
      return -1;
    }
    int digit = find(bytes, 0, body, LENGTH);
    int length = 0;
    for (; bytes[digit] != '\r'; digit++) {
      length = 10 * length + bytes[digit] - '0';
    }
    if (end < body + length) {
      return -1;
    }
    if (find(bytes, 0, ACCEPTED.length, ACCEPTED) < 0) {
      throw new IOException(
          "not accepted: " + new String(bytes, 0, end, StandardCharsets.ISO_8859_1));
    }
    return find(bytes, body, end, NOTHING) < 0 ? 1 : 0;
  }

  /** Where it ends, in any case of its letters, or -1. */
  private static int find(byte[] in, int from, int to, byte[] what) {
    for (int i = from; i <= to - what.length; i++) {
      int same = 0;
      while (same < what.length && (in[i + same] | 0x20) == (what[same] | 0x20)) {
        same++;
      }
      if (same == what.length) {
        return i + same;
      }
    }
    return -1;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
