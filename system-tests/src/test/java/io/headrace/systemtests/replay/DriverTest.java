package io.headrace.systemtests.replay;

import static io.headrace.systemtests.replay.OrderBuilder.data;
import static io.headrace.systemtests.replay.OrderBuilder.order;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a command side that answers late, out of order, and often only at the second attempt. */
class DriverTest {

  private final ConcurrentLinkedQueue<String> received = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> carriedOut = new ConcurrentLinkedQueue<>();
  private final Map<String, Integer> attempts = new ConcurrentHashMap<>();
  private final Set<String> open = ConcurrentHashMap.newKeySet();
  private final ConcurrentLinkedQueue<String> overlaps = new ConcurrentLinkedQueue<>();
  private volatile boolean down;
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().add("ETag", "\"9\"");
        respond(exchange, 200, "{}");
        return;
      }
      String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
      received.add(key);
      // The id of the test's orders is all that stands before the first "-" or ":".
      String order = key.replaceAll("[-:].*", "");
      if (!open.add(order)) {
        overlaps.add(key);
      }
      try {
        Thread.sleep(ThreadLocalRandom.current().nextInt(5));
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      open.remove(order);
      if (down || attempts.merge(key, 1, Integer::sum) == 1 && key.hashCode() % 3 == 0) {
        respond(exchange, 503, "{}");
      } else if (path.endsWith("place-order") && order.equals("a7")) {
        respond(exchange, 422, "{\"type\":\"urn:headrace:rejection:ordering:order-has-no-lines\"}");
      } else {
        carriedOut.add(key);
        respond(exchange, 200, "{\"events\":[\"x\"]}");
      }
    }
  }

  private static void respond(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private Api api(Duration patience) {
    return new Api(URI.create("http://localhost:" + server.getAddress().getPort()), patience);
  }

  private static Expected orders(int count) {
    return Model.of(
        Timeline.of(
            data(
                IntStream.range(0, count)
                    .mapToObj(
                        i ->
                            order("a" + i, "delivered")
                                .purchased(1 + i % 5)
                                .paid("110.00")
                                .approved(6)
                                .carrier(7 + i % 3)
                                .customer(12))
                    .toArray(OrderBuilder[]::new))));
  }

  private Driver.Run drive(Expected expected) throws InterruptedException {
    try (Api api = api(Duration.ofSeconds(20))) {
      return new Driver(api, Duration.ofSeconds(20), 8, Progress.NONE).drive(expected.steps());
    }
  }

  @Test
  void each_step_is_carried_out_once_in_its_order_although_many_are_tried_again()
      throws InterruptedException {
    Expected expected = orders(60);

    Driver.Run run = drive(expected);

    assertThat(overlaps).isEmpty();
    assertThat(received).hasSizeGreaterThan(carriedOut.size());
    List<String> planned =
        expected.steps().stream()
            .map(step -> Command.of(step.step()).idempotencyKey())
            .filter(key -> !key.startsWith("a7:"))
            .toList();
    assertThat(carriedOut).containsExactlyInAnyOrderElementsOf(planned);
    for (int i = 0; i < 60; i++) {
      String order = "a" + i + ":";
      assertThat(carriedOut.stream().filter(key -> key.startsWith(order)))
          .containsExactlyElementsOf(
              planned.stream().filter(key -> key.startsWith(order)).toList());
    }
    assertThat(run.outcomes()).hasSize(expected.steps().size());
  }

  @Test
  void nothing_more_is_sent_for_an_order_that_was_refused() throws InterruptedException {
    Expected expected = orders(10);

    Driver.Run run = drive(expected);

    assertThat(received)
        .filteredOn(key -> key.startsWith("a7:"))
        .allMatch(k -> k.endsWith("place-order"));
    assertThat(run.outcomes()).filteredOn(outcome -> outcome == Outcome.NOT_SENT).hasSize(3);
    assertThat(run.sent()).isEqualTo(expected.steps().size() - 3);
  }

  @Test
  void a_service_that_stays_away_ends_the_replay_with_a_sentence() {
    down = true;
    try (Api api = api(Duration.ofMillis(300))) {
      Driver driver = new Driver(api, Duration.ofMillis(300), 8, Progress.NONE);

      assertThatThrownBy(() -> driver.drive(orders(10).steps()))
          .isInstanceOf(Api.GaveUpException.class)
          .hasMessageContaining("place-order")
          .hasMessageContaining("503");
    }
  }
}
