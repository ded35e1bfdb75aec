package io.headrace.command.platform.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.command.platform.history.History.Answer;
import io.headrace.command.platform.history.History.Command;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Clients that send random commands for few streams to random replicas until they are stopped. Of
 * three commands, one has no idempotency key and is not repeated; one has a key and is repeated,
 * with any replica, until the answer is certain; one has a key and is sent to two replicas at once.
 */
final class Load implements AutoCloseable {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Set<Integer> CERTAIN = Set.of(200, 201, 409, 412, 422);

  private final List<Replica> replicas;
  private final List<String> shipments = new ArrayList<>();
  private final History history = new History();
  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<?>> running = new ArrayList<>();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final Map<String, AtomicInteger> unavailable = new ConcurrentHashMap<>();

  Load(List<Replica> replicas, int clients, int streams) {
    this.replicas = replicas;
    for (int i = 0; i < streams; i++) {
      shipments.add(UUID.randomUUID().toString());
    }
    long seed = System.nanoTime();
    for (int i = 0; i < clients; i++) {
      var random = new Random(seed + i);
      running.add(this.clients.submit(() -> client(random)));
    }
  }

  History history() {
    return history;
  }

  List<String> streams() {
    return shipments.stream().map(id -> "shipment-" + id).toList();
  }

  /** How often a command was refused with 503 with this effect. */
  int unavailable(String effect) {
    AtomicInteger count = unavailable.get(effect);
    return count == null ? 0 : count.get();
  }

  /** Every client finishes the command it is at. */
  void stop() throws InterruptedException, ExecutionException {
    stopped.set(true);
    for (Future<?> client : running) {
      client.get();
    }
  }

  @Override
  public void close() {
    stopped.set(true);
    clients.shutdownNow();
    clients.close();
  }

  private Void client(Random random) throws Exception {
    while (!stopped.get()) {
      String shipment = shipments.get(random.nextInt(shipments.size()));
      String id = UUID.randomUUID().toString();
      String command =
          List.of("dispatch-shipment", "fail-shipment", "request-shipment").get(random.nextInt(3));
      String body =
          switch (command) {
            case "request-shipment" -> "{\"orderId\":\"" + shipment + "\"}";
            case "fail-shipment" -> "{\"reason\":\"nobody at home\"}";
            default -> "{}";
          };
      int kind = random.nextInt(3);
      long sent = System.nanoTime();
      Answer answer =
          switch (kind) {
            case 0 -> once(random, shipment, command, body, id, null);
            case 1 -> untilCertain(random, shipment, command, body, id);
            default -> twice(random, shipment, command, body, id);
          };
      history.add(new Command(id, "shipment-" + shipment, sent, System.nanoTime(), answer));
    }
    return null;
  }

  private Answer untilCertain(
      Random random, String shipment, String command, String body, String id) throws Exception {
    for (int attempt = 0; attempt < 5000; attempt++) {
      Answer answer = once(random, shipment, command, body, id, id);
      if (answer != null) {
        return answer;
      }
      Thread.sleep(20); // or it would be a busy loop while nobody is there to answer
    }
    throw new AssertionError("never answered: " + id);
  }

  /** At once, with one key: the command takes effect once, and both are told the same. */
  private Answer twice(Random random, String shipment, String command, String body, String id)
      throws Exception {
    var second = new Random(random.nextLong());
    var other = new CompletableFuture<Answer>();
    clients.submit(
        () -> {
          try {
            other.complete(untilCertain(second, shipment, command, body, id));
          } catch (Throwable e) {
            other.completeExceptionally(e);
          }
        });
    Answer answer = untilCertain(random, shipment, command, body, id);
    assertThat(other.get()).as("the same key on two replicas: %s", id).isEqualTo(answer);
    return answer;
  }

  private @Nullable Answer once(
      Random random, String shipment, String command, String body, String id, @Nullable String key)
      throws Exception {
    Replica replica = replicas.get(random.nextInt(replicas.size()));
    HttpRequest.Builder request =
        replica
            .request("/shipping/shipments/" + shipment + "/" + command)
            .header("Content-Type", "application/json")
            .header("X-Correlation-ID", id)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    HttpResponse<String> response;
    try {
      response = replica.send(request.build());
    } catch (IOException e) {
      return null; // the replica is gone, or was before it had answered
    }
    JsonNode json = MAPPER.readTree(response.body());
    if (response.statusCode() == 503) {
      String effect = json.path("effect").asText();
      unavailable.computeIfAbsent(effect, e -> new AtomicInteger()).incrementAndGet();
      assertThat(response.headers().firstValue("Retry-After")).isPresent();
      if (effect.equals("none") && key == null) {
        return new Answer(503, 0, List.of()); // certain: the service says so
      }
      return null;
    }
    assertThat(response.statusCode()).as(response.body()).isIn(CERTAIN);
    if (response.statusCode() == 409) {
      return key == null ? new Answer(409, 0, List.of()) : null;
    }
    List<String> events = new ArrayList<>();
    json.path("events").forEach(event -> events.add(event.asText()));
    return new Answer(response.statusCode(), json.path("streamVersion").asLong(), events);
  }
}
