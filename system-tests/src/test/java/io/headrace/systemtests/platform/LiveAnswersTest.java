package io.headrace.systemtests.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.Stack;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a command changes comes to whoever watches, through every part of the platform. */
@ExtendWith(WithStack.class)
class LiveAnswersTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void commands_are_told_to_who_watches_also_after_the_worker_was_dead_and_after_an_absence(
      Stack stack) throws Exception {
    String id;
    try (Watcher watcher = new Watcher(stack, null)) {
      watcher.awaitLine("data: {\"rows\":[],\"more\":false}");
      place(stack, "live-1");
      watcher.awaitLine("\"orderId\":\"live-1\"", "\"status\":\"placed\"");
      cancel(stack, "live-1");
      watcher.awaitLine("\"orderId\":\"live-1\"", "\"status\":\"cancelled\"");

      stack.kill("worker");
      place(stack, "live-2");
      stack.start("worker");
      watcher.awaitLine("\"orderId\":\"live-2\"", "\"status\":\"placed\"");
      id = watcher.lastId();
    }
    stack.awaitReady();
    cancel(stack, "live-2");
    try (Watcher returned = new Watcher(stack, id)) {
      returned.awaitLine("\"orderId\":\"live-2\"", "\"status\":\"cancelled\"");
      assertThat(returned.lines)
          .as("it is told what it has missed, and that alone")
          .doesNotContain("event: state")
          .noneMatch(line -> line.contains("live-1"));
    }
  }

  @Test
  void a_query_service_that_stops_tells_who_watches_and_does_not_wait_for_them(Stack stack)
      throws Exception {
    Listener listener = new Listener();
    try (Watcher watcher = new Watcher(stack, null);
        HttpClient client = HttpClient.newHttpClient()) {
      watcher.awaitLine("event: state");
      WebSocket socket =
          client
              .newWebSocketBuilder()
              .subprotocols("graphql-transport-ws")
              .buildAsync(
                  URI.create(stack.queryUrl().replaceFirst("^http", "ws") + "/graphql"), listener)
              .get(30, TimeUnit.SECONDS);
      socket.sendText("{\"type\":\"connection_init\"}", true).join();
      socket
          .sendText(
              "{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{\"query\":\"subscription { orders { rows { orderId } } }\"}}",
              true)
          .join();
      await().atMost(PATIENCE).until(() -> listener.said("\"type\":\"next\""));

      long begin = System.nanoTime();
      stack.stop("query");
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .as("it would wait for so long for requests in work")
          .isLessThan(WithStack.QUERY_SHUTDOWN_TIMEOUT);
      watcher.awaitLine("event: end");
      watcher.awaitLine("\"reason\":\"stopping\"");
      listener.closed.get(30, TimeUnit.SECONDS);
      assertThat(listener.said("stopping")).as(listener.texts.toString()).isTrue();
    } finally {
      stack.start("query");
      stack.awaitReady("query");
    }
  }

  private static final class Listener implements WebSocket.Listener {

    private final List<String> texts = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();

    boolean said(String part) {
      return texts.stream().anyMatch(text -> text.contains(part));
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence text, boolean last) {
      texts.add(text.toString());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
      closed.complete(status);
      return null;
    }
  }

  private static void place(Stack stack, String order) {
    send(
        stack,
        order + "/place-order",
        """
        {"customerId": "c-live", "lines": [{"productId": "p", "sellerId": "s", "quantity": 1,
          "unitPrice": {"amount": "1.00", "currency": "BRL"},
          "freight": {"amount": "0", "currency": "BRL"}}]}
        """);
  }

  private static void cancel(Stack stack, String order) {
    send(stack, order + "/cancel-order", "{\"reason\": \"changed my mind\"}");
  }

  private static void send(Stack stack, String path, String body) {
    assertThat(Http.post(stack.commandUrl() + "/ordering/orders/" + path, body).status())
        .isIn(200, 201);
  }

  /** Watches the orders of one customer. */
  private static final class Watcher implements AutoCloseable {

    private final HttpClient client =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Stream<String> body;

    Watcher(Stack stack, String lastEventId) throws IOException, InterruptedException {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(stack.queryUrl() + "/customers/c-live/orders"))
              .header("Accept", "text/event-stream");
      if (lastEventId != null) {
        request.header("Last-Event-ID", lastEventId);
      }
      var response = client.send(request.build(), BodyHandlers.ofLines());
      assertThat(response.statusCode()).isEqualTo(200);
      body = response.body();
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  body.forEach(lines::add);
                } catch (RuntimeException e) {
                  // The test has closed the stream.
                }
              });
    }

    void awaitLine(String... parts) {
      await()
          .atMost(PATIENCE)
          .until(() -> lines.stream().anyMatch(line -> Stream.of(parts).allMatch(line::contains)));
    }

    String lastId() {
      return lines.stream()
          .filter(line -> line.startsWith("id: "))
          .reduce((_, later) -> later)
          .orElseThrow()
          .substring("id: ".length());
    }

    @Override
    public void close() {
      client.shutdownNow();
    }
  }
}
