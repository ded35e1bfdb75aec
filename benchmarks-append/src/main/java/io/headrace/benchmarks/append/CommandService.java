package io.headrace.benchmarks.append;

import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The packaged service in a process of its own, on one database. */
final class CommandService implements AutoCloseable {

  private final Process process;
  private final int port;

  private CommandService(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static CommandService start(PostgresServer postgres, String database, Path directory)
      throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Path log = directory.resolve(database + ".service.log");
    Files.deleteIfExists(log);
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xms256m",
                    "-Xmx512m",
                    "-XX:+UseSerialGC",
                    "-XX:MaxTenuringThreshold=1", // as in its image
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-Dquarkus.http.port=" + port,
                    "-Dquarkus.http.host=127.0.0.1",
                    "-Dheadrace.database.host=" + postgres.host(),
                    "-Dheadrace.database.port=" + postgres.port(),
                    "-Dheadrace.database.name=" + database,
                    "-Dheadrace.process.enabled=false",
                    "-jar",
                    "command-service/target/quarkus-app/quarkus-run.jar"))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    var service = new CommandService(process, port);
    Runtime.getRuntime().addShutdownHook(new Thread(service::close));
    return service;
  }

  int port() {
    return port;
  }

  void awaitReady() throws IOException, InterruptedException {
    HttpRequest question =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/q/health/ready")).build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (int i = 0; i < 1200; i++) {
        try {
          if (http.send(question, HttpResponse.BodyHandlers.discarding()).statusCode() == 200) {
            return;
          }
        } catch (IOException e) {
          if (!process.isAlive()) {
            throw new IOException("the command service did not start; see its log", e);
          }
        }
        Thread.sleep(100);
      }
    }
    throw new IOException("the command service is not ready after two minutes");
  }

  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
