package io.headrace.benchmarks.projection;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The projection worker as it is deployed, as a process of its own. */
final class WorkerUnderTest implements AutoCloseable {

  private static final Path APPLICATION = Path.of("projection-worker/target/quarkus-app");

  private final Process process;
  private final int port;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ObjectMapper mapper = new ObjectMapper();

  private WorkerUnderTest(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static WorkerUnderTest start(
      PostgresServer postgres,
      String database,
      KafkaServer kafka,
      String logUrl,
      Map<String, String> settings)
      throws IOException, InterruptedException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC"));
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-jar", APPLICATION.resolve("quarkus-run.jar").toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(Path.of("target", "bench-worker.log").toFile()));
    Map<String, String> environment = builder.environment();
    environment.put("QUARKUS_HTTP_PORT", String.valueOf(port));
    environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
    environment.put("HEADRACE_VIEWS_HOST", postgres.host());
    environment.put("HEADRACE_VIEWS_PORT", String.valueOf(postgres.port()));
    environment.put("HEADRACE_VIEWS_NAME", database);
    environment.put("KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrapServers());
    environment.put("HEADRACE_COMMAND_URL", logUrl);
    Process process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    WorkerUnderTest worker = new WorkerUnderTest(process, port);
    worker.awaitReady();
    return worker;
  }

  private void awaitReady() throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (System.nanoTime() < deadline && process.isAlive()) {
      try {
        if (send("GET", "/q/health/ready", null).statusCode() == 200) {
          return;
        }
      } catch (IOException e) {
        // Not listening yet.
      }
      Thread.sleep(50);
    }
    throw new IllegalStateException("the worker is not ready; see target/bench-worker.log");
  }

  /** Begins a rebuild and waits until the log has been read. */
  JsonNode readLog() throws IOException, InterruptedException {
    HttpResponse<String> begun = send("POST", "/views/orders/rebuild", "{}");
    if (begun.statusCode() != 202) {
      throw new IllegalStateException(begun.body());
    }
    JsonNode state;
    do {
      // Seldom, so that asking costs next to nothing: the worker says itself when the log was read.
      Thread.sleep(200);
      state = mapper.readTree(send("GET", "/views/orders/rebuild", null).body());
    } while (state.path("phase").asText().equals("log"));
    return state;
  }

  void abandon() throws IOException, InterruptedException {
    int status = send("DELETE", "/views/orders/rebuild", null).statusCode();
    if (status != 204) {
      throw new IllegalStateException("the rebuild could not be abandoned: " + status);
    }
  }

  private HttpResponse<String> send(String method, String path, @Nullable String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(60))
            .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  /** The most memory it has held, in MB; 0 where the system does not say. */
  double peakMemory() throws IOException {
    Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
        .findFirst()
        .orElse(0);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
