package io.headrace.images;

import static io.headrace.images.Podman.attempt;
import static io.headrace.images.Podman.podman;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.images.Checkout.Image;
import io.headrace.localstack.Ports;
import java.io.IOException;
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
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** A service in a container, as hardened as the chart's pods; on the network of this machine. */
final class Container implements AutoCloseable {

  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .build();
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final String name;
  private final int port;

  private Container(String name, int port) {
    this.name = name;
    this.port = port;
  }

  static Container start(Image image, String memory, Map<String, String> environment) {
    int port = Ports.free();
    String name = "headrace-%s-%s".formatted(image.service(), UUID.randomUUID());
    List<String> command = new ArrayList<>(List.of("run", "--detach", "--name", name));
    command.addAll(List.of("--pull", "never", "--network", "host"));
    command.addAll(List.of("--cap-drop", "all", "--security-opt", "no-new-privileges"));
    command.addAll(List.of("--read-only", "--read-only-tmpfs=false"));
    command.addAll(List.of("--tmpfs", "/tmp:rw,nosuid,nodev,size=64m,mode=1777"));
    command.addAll(List.of("--memory", memory, "--memory-swap", memory, "--pids-limit", "256"));
    command.addAll(List.of("--env", "QUARKUS_HTTP_PORT=" + port));
    environment.forEach((key, value) -> command.addAll(List.of("--env", key + "=" + value)));
    command.add(image.local());
    podman(command.toArray(String[]::new));
    return new Container(name, port);
  }

  void awaitReady() {
    await("readiness of " + name)
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(200))
        .failFast(
            () ->
                assertThat(inspect("State.Running"))
                    .as(() -> name + " ended: " + log())
                    .isEqualTo("true"))
        .until(() -> status("/q/health/ready") == 200);
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  /** The answer's status; 0 if there is none. */
  int status(String path) {
    try {
      return get(path).statusCode();
    } catch (IOException e) {
      return 0;
    }
  }

  HttpResponse<String> get(String path) throws IOException {
    return send(HTTP, request(path).build());
  }

  /** Over the client's own connections. */
  HttpResponse<String> get(HttpClient client, String path) throws IOException {
    return send(client, request(path).build());
  }

  /** Over the client's own connections. */
  HttpResponse<String> post(HttpClient client, String path, String json) throws IOException {
    return send(
        client,
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build());
  }

  private static HttpResponse<String> send(HttpClient client, HttpRequest request)
      throws IOException {
    try {
      return client.send(request, BodyHandlers.ofString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  CompletableFuture<HttpResponse<String>> post(String path, String json) {
    return HTTP.sendAsync(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json))
            .build(),
        BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(url() + path)).timeout(Duration.ofSeconds(60));
  }

  String inspect(String field) {
    return podman("inspect", "--format", "{{." + field + "}}", name);
  }

  /** A file of the kernel's about the first process of the container. */
  String proc(String file) throws IOException {
    return Files.readString(Path.of("/proc", inspect("State.Pid"), file));
  }

  void signal(String signal) {
    podman("kill", "--signal", signal, name);
  }

  int exitCode() {
    return Integer.parseInt(podman("wait", name));
  }

  Podman.Ended exec(String... command) {
    List<String> all = new ArrayList<>(List.of("exec", name));
    all.addAll(List.of(command));
    return attempt(all.toArray(String[]::new));
  }

  String log() {
    return attempt("logs", "--tail", "40", name).output();
  }

  @Override
  public void close() {
    attempt("rm", "--force", "--time", "0", name);
  }
}
