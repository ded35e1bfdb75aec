package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One of the four services, as a JVM of its own. */
final class Service implements Part {
  private static final Duration DRAIN = Duration.ofSeconds(30);

  private final String name;
  private final Path application;
  private final Path copy;
  private final List<String> jvm;
  private final Map<String, String> environment;
  private final int port;
  private final Path log;
  private @Nullable Process process;

  /**
   * @param application the directory of {@code quarkus-run.jar}
   * @param copy where the application is copied to before each start: a build in the checkout must
   *     not pull the classes from under a running service
   */
  Service(
      String name,
      Path application,
      Path copy,
      List<String> jvm,
      Map<String, String> environment,
      int port,
      Path log) {
    this.name = name;
    this.application = application;
    this.copy = copy;
    this.jvm = jvm;
    this.environment = environment;
    this.port = port;
    this.log = log;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String address() {
    return "http://localhost:" + port;
  }

  @Override
  public synchronized void start() {
    if (process() != null) {
      return;
    }
    if (!Ports.becomesFree(port)) {
      throw new LocalStackException("Port %d, wanted by %s, is taken.".formatted(port, name));
    }
    copy();
    List<String> command = new ArrayList<>(List.of(Child.java()));
    command.addAll(jvm);
    command.addAll(List.of("-jar", copy.resolve("quarkus-run.jar").toString()));
    process = Child.start(command, "TERM", log, environment);
  }

  @Override
  public void awaitReady(Duration patience) {
    HttpRequest question =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:%d/q/health/ready".formatted(port)))
            .timeout(Duration.ofSeconds(5))
            .build();
    long deadline = System.nanoTime() + patience.toNanos();
    String answer = "no answer";
    try (HttpClient client =
        HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build()) {
      while (System.nanoTime() < deadline) {
        if (process() == null) {
          throw new LocalStackException(
              "%s ended before it was ready. The end of %s:\n%s"
                  .formatted(name, log, Child.tail(log, 20)));
        }
        try {
          HttpResponse<String> response =
              client.send(question, HttpResponse.BodyHandlers.ofString());
          if (response.statusCode() == 200) {
            return;
          }
          answer = response.statusCode() + " " + response.body();
        } catch (IOException e) {
          // Not listening yet.
        }
        Thread.sleep(Duration.ofMillis(100));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalStackException("Interrupted while waiting for " + name, e);
    }
    throw new LocalStackException(
        "%s was not ready within %d s: %s\nThe end of %s:\n%s"
            .formatted(name, patience.toSeconds(), answer, log, Child.tail(log, 20)));
  }

  @Override
  public synchronized void stop() {
    ProcessHandle running = process();
    if (running != null) {
      Child.stop(running, "TERM", DRAIN);
    }
    process = null;
  }

  @Override
  public synchronized void kill() {
    ProcessHandle running = process();
    if (running != null) {
      Child.kill(running);
    }
    process = null;
  }

  @Override
  public synchronized @Nullable ProcessHandle process() {
    Process running = process;
    return running != null && running.isAlive() ? running.toHandle() : null;
  }

  @Override
  public Path log() {
    return log;
  }

  static void requireBuilt(String name, Path application) {
    if (!Files.exists(application.resolve("quarkus-run.jar"))) {
      throw new LocalStackException(
          "%s is not built: there is no %s. \"make build\" builds it."
              .formatted(name, application.resolve("quarkus-run.jar")));
    }
  }

  private void copy() {
    requireBuilt(name, application);
    Directories.delete(copy);
    try (Stream<Path> tree = Files.walk(application)) {
      for (Path path : tree.toList()) {
        Path target = copy.resolve(application.relativize(path));
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot copy " + application, e);
    }
  }
}
