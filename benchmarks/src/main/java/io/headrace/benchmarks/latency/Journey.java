package io.headrace.benchmarks.latency;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A client that places an order and looks at it until it is there: one connection to each service,
 * one request at a time. For one thread.
 */
final class Journey {

  enum Step {
    IDLE,
    PLACING,
    LOOKING,
    PAUSING
  }

  /** When what happened to one order, by the clock of this machine. */
  static final class Times {
    final String orderId;
    final Instant due;
    @Nullable Instant answered;
    @Nullable Instant seen;
    int looks;
    int refused;

    Times(String orderId, Instant due) {
      this.orderId = orderId;
      this.due = due;
    }
  }

  private static final String BODY =
      """
      {"customerId":"c-%s","lines":[{"productId":"p","sellerId":"s-%d","quantity":1,\
      "unitPrice":{"amount":"12.30","currency":"BRL"},"freight":{"amount":"1.00","currency":"BRL"}}]}""";

  private final SocketChannel commands;
  private final SocketChannel queries;
  private final boolean withToken;
  private final long pauseNanos;
  private final ByteBuffer in = ByteBuffer.allocate(32 * 1024);
  private Step step = Step.IDLE;
  private @Nullable Times times;
  private long pausedUntil;
  private @Nullable String token;

  void close() throws IOException {
    commands.close();
    queries.close();
  }

  Journey(SocketChannel commands, SocketChannel queries, boolean withToken, long pauseNanos) {
    this.commands = commands;
    this.queries = queries;
    this.withToken = withToken;
    this.pauseNanos = pauseNanos;
  }

  Step step() {
    return step;
  }

  long pausedUntil() {
    return pausedUntil;
  }

  void place(Times order) throws IOException {
    times = order;
    token = null;
    byte[] body =
        BODY.formatted(order.orderId, Math.floorMod(order.orderId.hashCode(), 50))
            .getBytes(StandardCharsets.UTF_8);
    write(
        commands,
        "POST /ordering/orders/"
            + order.orderId
            + "/place-order HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length
            + "\r\n\r\n"
            + new String(body, StandardCharsets.UTF_8));
    step = Step.PLACING;
  }

  void look() throws IOException {
    Times order = times();
    order.looks++;
    write(
        queries,
        "GET /orders/"
            + order.orderId
            + " HTTP/1.1\r\nHost: localhost\r\n"
            + (withToken ? "Prefer: wait=10\r\nConsistency-Token: " + token + "\r\n" : "")
            + "\r\n");
    step = Step.LOOKING;
  }

  /**
   * Something has come.
   *
   * @return what is over now; null while it goes on
   */
  @Nullable Times read() throws IOException {
    SocketChannel channel = step == Step.PLACING ? commands : queries;
    if (channel.read(in) < 0) {
      throw new IOException("a service closed a connection");
    }
    String text = new String(in.array(), 0, in.position(), StandardCharsets.ISO_8859_1);
    int head = text.indexOf("\r\n\r\n");
    if (head < 0 || text.length() < head + 4 + number(text, head, "content-length")) {
      return null;
    }
    Instant now = Instant.now();
    int status = Integer.parseInt(text.substring(9, 12));
    Times order = times();
    if (step == Step.PLACING) {
      if (status != 201) {
        throw new IOException("the order was not placed: " + text);
      }
      order.answered = now;
      token = header(text, head, "consistency-token");
      look();
      return null;
    }
    if (status == 200) {
      order.seen = now;
      step = Step.IDLE;
      times = null;
      return order;
    }
    if (status == 503) {
      order.refused++; // As a client would: again, a little later.
    } else if (withToken || status != 404) {
      throw new IOException("the order cannot be seen: " + text);
    }
    pausedUntil = System.nanoTime() + pauseNanos;
    step = Step.PAUSING;
    return null;
  }

  private Times times() {
    if (times == null) {
      throw new IllegalStateException("no order is on its way");
    }
    return times;
  }

  private void write(SocketChannel channel, String request) throws IOException {
    ByteBuffer out = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
    while (out.hasRemaining()) {
      channel.write(out); // Far below the socket's buffer.
    }
    in.clear();
  }

  private static int number(String text, int head, String name) {
    return Integer.parseInt(header(text, head, name));
  }

  private static String header(String text, int head, String name) {
    String fields = text.substring(0, head + 2);
    int at = fields.toLowerCase(Locale.ROOT).indexOf("\r\n" + name + ":");
    if (at < 0) {
      throw new IllegalStateException("an answer without " + name + ": " + text);
    }
    int begin = at + name.length() + 3;
    return fields.substring(begin, fields.indexOf('\r', begin)).strip();
  }
}
