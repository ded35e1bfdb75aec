package io.headrace.command.platform.history;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** The packaged service in a process of its own, which dies with this JVM. */
final class Replica implements AutoCloseable {

  /** Ends the process when the other end of its standard input is gone, and with it this JVM. */
  private static final String SUPERVISED =
      """
      exec 3<&0 </dev/null
      mine() { read -r _ _ _ parent _ </proc/self/stat; [ "$parent" = $$ ]; }
      { while read -r _ <&3; do :; done; mine && kill -s KILL $$; } >/dev/null 2>&1 &
      exec 3<&- "$@"
      """;

  private static final HttpClient HTTP =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  private final Map<String, String> configuration;
  private final int port;
  private volatile Process process;

  private Replica(Map<String, String> configuration, int port) {
    this.configuration = configuration;
    this.port = port;
  }

  /** Starts it without waiting for anything. */
  static Replica start(Map<String, String> configuration) {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var replica = new Replica(configuration, port);
    replica.start();
    return replica;
  }

  /** Starts it, on the port it has had before. */
  void start() {
    List<String> command = new ArrayList<>(List.of("sh", "-c", SUPERVISED, "replica"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("-Dquarkus.http.port=" + port);
    command.add("-Dquarkus.http.host=127.0.0.1");
    configuration.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-jar", "target/quarkus-app/quarkus-run.jar"));
    Path log = Path.of("target", "replica-%d.log".formatted(port));
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Replica awaitReady() {
    Awaitility.await("the replica on port " + port)
        .atMost(Duration.ofSeconds(120))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> status("/q/health/ready") == 200);
    return this;
  }

  /** SIGKILL. */
  void kill() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the replica does not end");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    kill();
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(30));
  }

  HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
    return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /**
   * The sockets that the process holds but for those of its HTTP server, as the kernel counts them:
   * one whose other end has gone is among them until it is closed here, which no server can tell.
   */
  long sockets() {
    Path kernel = Path.of("/proc", Long.toString(process.pid()));
    Set<String> http = new HashSet<>();
    long sockets = 0;
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(kernel.resolve("fd"))) {
      for (String table : List.of("net/tcp", "net/tcp6")) {
        for (String row : Files.readAllLines(kernel.resolve(table))) {
          String[] columns = row.strip().split("\\s+");
          if (columns[1].endsWith(":%04X".formatted(port))) {
            http.add("socket:[" + columns[9] + "]");
          }
        }
      }
      for (Path descriptor : descriptors) {
        try {
          String open = Files.readSymbolicLink(descriptor).toString();
          sockets += open.startsWith("socket:") && !http.contains(open) ? 1 : 0;
        } catch (NoSuchFileException _) {
          // closed meanwhile
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sockets;
  }

  /** Sends a command; the status of its answer. */
  int command(String path, String body) throws IOException, InterruptedException {
    return send(request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build())
        .statusCode();
  }

  /** The value of a metric without labels. */
  double metric(String name) {
    try {
      return send(request("/q/metrics").build())
          .body()
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private int status(String path) {
    try {
      return send(request(path).build()).statusCode();
    } catch (IOException _) {
      return 0;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
