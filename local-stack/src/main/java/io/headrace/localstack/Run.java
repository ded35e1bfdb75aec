package io.headrace.localstack;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** {@code make run}: everything starts, stays until a signal comes, and goes. */
final class Run {
  private static final Duration GLANCE = Duration.ofMillis(200);

  private final StackOptions options;
  private volatile boolean stopping;
  private volatile boolean failed;

  Run(StackOptions options) {
    this.options = options;
  }

  int run() {
    Stack stack = Stack.prepare(options);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(stack), "stop"));
    try {
      say(
          "Starting PostgreSQL and Kafka, then the four services (logs in %s)"
              .formatted(options.directory().resolve("logs")));
      stack.startAll(line -> say("  " + line));
      say(welcome());
      follow(stack);
    } catch (RuntimeException e) {
      if (!stopping) {
        failed = true;
        System.err.println(e.getMessage());
        return 1;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return awaitEnd();
  }

  private void follow(Stack stack) throws InterruptedException {
    while (!stopping) {
      for (String name : stack.dead()) {
        failed = true;
        stack.acknowledge(name);
        say(
            "%s has died; the rest goes on. \"make start SERVICE=%s\" starts it again. The end of %s:%n%s"
                .formatted(name, name, stack.log(name), Child.tail(stack.log(name), 15).indent(4)));
      }
      Requests.serve(options.directory(), stack);
      Thread.sleep(GLANCE);
    }
  }

  private void stop(Stack stack) {
    stopping = true;
    say("");
    stack.close(line -> say("  " + line));
    System.out.flush();
    // The end was asked for: only what went wrong before makes it a failure, not the signal.
    Runtime.getRuntime().halt(failed ? 1 : 0);
  }

  // The hook ends the JVM.
  private static int awaitEnd() {
    while (true) {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        // Nothing but the hook ends this.
      }
    }
  }

  private String welcome() {
    StackPorts ports = options.ports();
    return """

    Headrace is ready.

      commands    http://localhost:%1$d   API: http://localhost:%1$d/q/swagger-ui
      queries     http://localhost:%2$d   API: http://localhost:%2$d/q/swagger-ui
      relay       http://localhost:%3$d   health: /q/health   metrics: /q/metrics
      worker      http://localhost:%4$d   health: /q/health   metrics: /q/metrics
      PostgreSQL  jdbc:postgresql://localhost:%5$d/headrace_commands   and /headrace_views   (postgres / postgres)
      Kafka       localhost:%6$d

    A first session, to paste into another terminal:

    %7$s

    Ctrl-C stops everything; the data stays under %8$s.
    """
        .formatted(
            ports.command(),
            ports.query(),
            ports.relay(),
            ports.worker(),
            ports.postgres(),
            ports.kafka(),
            CurlSession.of(ports).indent(2).stripTrailing(),
            options.directory());
  }

  private static void say(String line) {
    System.out.println(line);
  }
}
