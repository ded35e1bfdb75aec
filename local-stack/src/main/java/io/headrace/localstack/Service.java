package io.headrace.localstack;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One of the four services, as a process of its own. */
final class Service implements Part {
  private static final Duration DRAIN = Duration.ofSeconds(30);

  private final String name;
  private final Build build;
  private final Path copy;
  private final List<String> jvm;
  private final Map<String, String> environment;
  private final int port;
  private final Path log;
  private @Nullable Process process;

  /**
   * @param copy where the build is copied to before each start: a build in the checkout must not
   *     pull the classes from under a running service
   */
  Service(
      String name,
      Build build,
      Path copy,
      List<String> jvm,
      Map<String, String> environment,
      int port,
      Path log) {
    this.name = name;
    this.build = build;
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
    build.copyTo(copy);
    process = Child.start(build.command(copy, jvm), "TERM", log, environment);
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
              "%s ended before it was ready. The end of %s:\n%s%s"
                  .formatted(name, log, Child.tail(log, 20), remedy()));
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

  private String remedy() {
    // In whatever form the log is: tables that were made by migrations that have been changed
    // since.
    return Child.tail(log, 200).contains("FlywayValidateException")
        ? "\nThe data was made by other migrations than those of this build. If it is not needed: \"make clean-data\" deletes it."
        : "";
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
}
