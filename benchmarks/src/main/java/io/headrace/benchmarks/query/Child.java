package io.headrace.benchmarks.query;

import io.headrace.localstack.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of Java that reads the views: the query service as it is deployed, or the limit. */
final class Child implements AutoCloseable {

  private static final Path SERVICE =
      Path.of("query-service", "target", "quarkus-app", "quarkus-run.jar");

  private final Process process;
  private final int port;

  private Child(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static Child service(PostgresServer postgres, Map<String, String> settings) throws Exception {
    int port = freePort();
    List<String> command = java();
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.addAll(List.of("-jar", SERVICE.toString()));
    ProcessBuilder builder = builder(command, postgres, "bench-query-service.log");
    builder.environment().put("QUARKUS_HTTP_PORT", String.valueOf(port));
    builder.environment().put("QUARKUS_HTTP_HOST", "127.0.0.1");
    return started(builder, port);
  }

  static Child bare(PostgresServer postgres) throws Exception {
    int port = freePort();
    List<String> command = java();
    command.addAll(bareClient("http", String.valueOf(port)));
    return started(builder(command, postgres, "bench-query-bare.log"), port);
  }

  /** Reads a second of the bare client by itself. */
  static double plain(PostgresServer postgres, double seconds, int orders, int inFlight)
      throws IOException {
    List<String> command = java();
    command.addAll(
        bareClient(
            "plain", String.valueOf(seconds), String.valueOf(orders), String.valueOf(inFlight)));
    ProcessBuilder builder = builder(command, postgres, "bench-query-bare.log");
    builder.redirectErrorStream(false).redirectOutput(ProcessBuilder.Redirect.PIPE);
    Process process = builder.start();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      return lines
          .lines()
          .filter(line -> line.startsWith("reads/s "))
          .mapToDouble(line -> Double.parseDouble(line.substring("reads/s ".length())))
          .findFirst()
          .orElseThrow(() -> new IOException("see target/bench-query-bare.log"));
    }
  }

  private static List<String> bareClient(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of("-cp", System.getProperty("java.class.path"), BareClient.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private static List<String> java() {
    return new ArrayList<>(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xms512m",
            "-Xmx512m",
            "-XX:+UseSerialGC"));
  }

  private static ProcessBuilder builder(List<String> command, PostgresServer postgres, String log) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(Path.of("target", log).toFile()));
    builder.environment().put("HEADRACE_VIEWS_HOST", postgres.host());
    builder.environment().put("HEADRACE_VIEWS_PORT", String.valueOf(postgres.port()));
    builder.environment().put("HEADRACE_VIEWS_NAME", PostgresServer.VIEWS);
    return builder;
  }

  private static Child started(ProcessBuilder builder, int port) throws Exception {
    Process process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    Child child = new Child(process, port);
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (System.nanoTime() < deadline && process.isAlive()) {
      try {
        if (child.status("/q/health/ready") == 200) {
          return child;
        }
      } catch (IOException e) {
        // Not listening yet.
      }
      Thread.sleep(50);
    }
    throw new IllegalStateException("it is not ready; see the logs under target");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  int port() {
    return port;
  }

  private HttpURLConnection open(String path) throws IOException {
    return (HttpURLConnection)
        URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
  }

  private int status(String path) throws IOException {
    HttpURLConnection connection = open(path);
    connection.setReadTimeout(5_000);
    return connection.getResponseCode();
  }

  String get(String path) throws IOException {
    HttpURLConnection connection = open(path);
    try (var body = connection.getInputStream()) {
      return new String(body.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The bytes that come. */
  long drain(String path) throws IOException {
    byte[] buffer = new byte[1 << 16];
    long bytes = 0;
    try (var body = open(path).getInputStream()) {
      for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
        bytes += read;
      }
    }
    return bytes;
  }

  /** The memory it holds now, in MB; 0 where the system does not say. */
  double memory() throws IOException {
    Path status = Path.of("/proc", String.valueOf(process.pid()), "status");
    return Files.exists(status)
        ? Files.readAllLines(status).stream()
            .filter(line -> line.startsWith("VmRSS"))
            .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
            .findFirst()
            .orElse(0)
        : 0;
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
