package io.headrace.benchmarks.latency;

import io.headrace.benchmarks.latency.Journey.Step;
import io.headrace.benchmarks.latency.Journey.Times;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Orders at a rate, each placed when it is due and looked at until it is there, however long the
 * others take. One thread: the load takes the processors away from what it measures.
 */
final class Journeys {

  /** Longer than any order should take. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final int MOST = 2_000;

  private final InetSocketAddress commands;
  private final InetSocketAddress queries;
  private final boolean withToken;
  private final Duration pause;

  /**
   * @param pause of a client without a token, before it looks again
   */
  Journeys(String commandUrl, String queryUrl, boolean withToken, Duration pause) {
    this.commands = address(commandUrl);
    this.queries = address(queryUrl);
    this.withToken = withToken;
    this.pause = pause;
  }

  private static InetSocketAddress address(String url) {
    URI uri = URI.create(url);
    return new InetSocketAddress(uri.getHost(), uri.getPort());
  }

  List<Times> run(String prefix, Duration duration, double perSecond) throws IOException {
    List<Times> done = new ArrayList<>();
    List<Journey> all = new ArrayList<>();
    Deque<Journey> idle = new ArrayDeque<>();
    PriorityQueue<Journey> pausing =
        new PriorityQueue<>((a, b) -> Long.compare(a.pausedUntil(), b.pausedUntil()));
    try (Selector selector = Selector.open()) {
      long start = System.nanoTime();
      long end = start + duration.toNanos();
      long interval = (long) (1e9 / perSecond);
      long due = start;
      int number = 0;
      while (due < end || idle.size() < all.size()) {
        long now = System.nanoTime();
        if (now > end + PATIENCE.toNanos()) {
          throw new LaggingException(
              "%d orders cannot be seen after %s".formatted(all.size() - idle.size(), PATIENCE));
        }
        while (due <= now && due < end) {
          Journey journey = idle.isEmpty() ? connect(selector, all) : idle.removeLast();
          Instant wall = Instant.now().minusNanos(System.nanoTime() - due);
          journey.place(new Times(prefix + number++, wall));
          due += interval;
        }
        while (!pausing.isEmpty() && pausing.peek().pausedUntil() <= now) {
          pausing.remove().look();
        }
        long next = due < end ? due : Long.MAX_VALUE;
        if (!pausing.isEmpty()) {
          next = Math.min(next, pausing.peek().pausedUntil());
        }
        long left = Math.min(next - System.nanoTime(), 100_000_000);
        if (left > 1_000_000) {
          selector.select(left / 1_000_000);
        } else {
          selector.selectNow();
        }
        for (SelectionKey key : selector.selectedKeys()) {
          Journey journey = (Journey) key.attachment();
          Times over = journey.read();
          if (over != null) {
            done.add(over);
            idle.addLast(journey);
          } else if (journey.step() == Step.PAUSING) {
            pausing.add(journey);
          }
        }
        selector.selectedKeys().clear();
      }
    } finally {
      for (Journey journey : all) {
        journey.close();
      }
    }
    return done;
  }

  /** The platform does not keep up with the rate. */
  static final class LaggingException extends IOException {

    private static final long serialVersionUID = 1L;

    LaggingException(String message) {
      super(message);
    }
  }

  private Journey connect(Selector selector, List<Journey> all) throws IOException {
    if (all.size() == MOST) {
      throw new LaggingException("%d orders are on their way".formatted(MOST));
    }
    SocketChannel toCommands = open(commands);
    SocketChannel toQueries = open(queries);
    Journey journey = new Journey(toCommands, toQueries, withToken, pause.toNanos());
    toCommands.register(selector, SelectionKey.OP_READ, journey);
    toQueries.register(selector, SelectionKey.OP_READ, journey);
    all.add(journey);
    return journey;
  }

  private static SocketChannel open(InetSocketAddress address) throws IOException {
    SocketChannel channel = SocketChannel.open(address);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.configureBlocking(false);
    return channel;
  }
}
