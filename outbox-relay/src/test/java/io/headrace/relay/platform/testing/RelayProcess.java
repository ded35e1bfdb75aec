package io.headrace.relay.platform.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The packaged relay in a process of its own, which dies with this JVM. */
public final class RelayProcess implements AutoCloseable {

  /** Ends the relay when the other end of its standard input is gone, and with it this JVM. */
  private static final String SUPERVISED =
      """
      exec 3<&0 </dev/null
      mine() { read -r _ _ _ parent _ </proc/self/stat; [ "$parent" = $$ ]; }
      { while read -r _ <&3; do :; done; mine && kill -s KILL $$; } >/dev/null 2>&1 &
      exec 3<&- "$@"
      """;

  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();

  private final Process process;
  private final int port;
  private final Path log;

  private RelayProcess(Process process, int port, Path log) {
    this.process = process;
    this.port = port;
    this.log = log;
  }

  /** Starts it without waiting for anything. */
  public static RelayProcess start(Map<String, String> configuration) {
    return start(configuration, 256);
  }

  /**
   * @param heap megabytes
   */
  public static RelayProcess start(Map<String, String> configuration, int heap) {
    try {
      int port;
      try (ServerSocket socket = new ServerSocket(0)) {
        port = socket.getLocalPort();
      }
      List<String> command = new ArrayList<>(List.of("sh", "-c", SUPERVISED, "relay"));
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of("-Xmx" + heap + "m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
      command.add("-Dquarkus.http.port=" + port);
      configuration.forEach((key, value) -> command.add("-D" + key + "=" + value));
      command.addAll(List.of("-jar", "target/quarkus-app/quarkus-run.jar"));
      Path log = Path.of("target", "relay-%d.log".formatted(port));
      Files.deleteIfExists(log);
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.to(log.toFile()))
              .start();
      return new RelayProcess(process, port, log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public RelayProcess awaitRole(String role) {
    Awaitility.await("role " + role)
        .atMost(Duration.ofSeconds(40))
        .pollInterval(Duration.ofMillis(50))
        .until(() -> readiness().contains("\"role\": \"" + role + "\""));
    return this;
  }

  /** Whether it is the active relay, and has published something. */
  public boolean publishes() {
    String metrics = metrics();
    return metrics.contains("headrace_relay_role{role=\"active\"} 1.0")
        && metrics.contains("headrace_relay_events_total{");
  }

  /** The body of the readiness check, empty if there is no answer. */
  public String readiness() {
    return get("/q/health/ready").map(HttpResponse::body).orElse("");
  }

  /** The status of the readiness check, 0 if there is no answer. */
  public int readinessStatus() {
    return get("/q/health/ready").map(HttpResponse::statusCode).orElse(0);
  }

  public String metrics() {
    return get("/q/metrics").map(HttpResponse::body).orElse("");
  }

  /** An operator's command; waits for the end of the answer. */
  public HttpResponse<String> post(String path, String body) {
    return post(path, body, "*/*");
  }

  public HttpResponse<String> post(String path, String body, String accept) {
    try {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
              .header("Accept", accept)
              .timeout(Duration.ofSeconds(60))
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The body of the answer, empty if there is none. */
  public String show(String path) {
    return get(path).map(HttpResponse::body).orElse("");
  }

  private Optional<HttpResponse<String>> get(String path) {
    try {
      return Optional.of(
          HTTP.send(
              HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                  .timeout(Duration.ofSeconds(5))
                  .build(),
              HttpResponse.BodyHandlers.ofString()));
    } catch (IOException _) {
      return Optional.empty();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** SIGKILL. */
  public void kill() {
    process.destroyForcibly();
    awaitExit();
  }

  /** SIGTERM; returns the exit code, 143 after an orderly end. */
  public int terminate() {
    // Not destroy(): that closes the standard input too, and the relay is killed.
    signal("TERM");
    return awaitExit();
  }

  public int awaitExit() {
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the relay does not end");
      }
      return process.exitValue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public void signal(String name) {
    try {
      new ProcessBuilder("sh", "-c", "kill -s " + name + " " + process.pid()).start().waitFor();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    kill();
  }
}
