package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The local stack on the command line; the Makefile is the door to it. */
@Command(
    name = "local-stack",
    description = "PostgreSQL, Kafka and the four services, without Docker.")
public final class LocalStack {
  /** Runs a subcommand; the exit status is 0 when it did what it says. */
  public static void main(String[] arguments) {
    // The Kafka client tells at length how it is configured.
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    Logger.getLogger("").setLevel(Level.WARNING);
    CommandLine commandLine = new CommandLine(new LocalStack());
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          if (e instanceof LocalStackException) {
            System.err.println(e.getMessage());
          } else {
            e.printStackTrace();
          }
          return 1;
        });
    System.exit(commandLine.execute(arguments));
  }

  /** Where the checkout is. */
  static final class Checkout {
    @Option(
        names = "--root",
        defaultValue = ".",
        description = "The checkout. Default: the working directory.")
    Path root = Path.of(".");

    Path directory() {
      return root.toAbsolutePath().normalize().resolve(".local");
    }

    Optional<StackState> running() {
      return StackState.read(directory()).filter(state -> state.owner().find().isPresent());
    }

    StackState requireRunning() {
      return running()
          .orElseThrow(
              () ->
                  new LocalStackException(
                      "No stack runs from this checkout: \"make run\" starts one."));
    }
  }

  @Command(name = "run", description = "Starts everything and stays until Ctrl-C.")
  int run(
      @Mixin Checkout checkout,
      @Option(names = "--command-port", defaultValue = "${env:COMMAND_PORT:-8080}") int command,
      @Option(names = "--query-port", defaultValue = "${env:QUERY_PORT:-8081}") int query,
      @Option(names = "--relay-port", defaultValue = "${env:RELAY_PORT:-8082}") int relay,
      @Option(names = "--worker-port", defaultValue = "${env:WORKER_PORT:-8083}") int worker,
      @Option(names = "--postgres-port", defaultValue = "${env:POSTGRES_PORT:-15432}") int postgres,
      @Option(names = "--kafka-port", defaultValue = "${env:KAFKA_PORT:-19092}") int kafka,
      @Option(
              names = "--kafka-controller-port",
              defaultValue = "${env:KAFKA_CONTROLLER_PORT:-19093}")
          int kafkaController,
      @Option(names = "--address", defaultValue = "${env:HTTP_ADDRESS:-127.0.0.1}")
          String address) {
    StackPorts ports =
        new StackPorts(command, query, relay, worker, postgres, kafka, kafkaController);
    StackOptions options = StackOptions.of(checkout.root).withPorts(ports).withAddress(address);
    return new Run(options).run();
  }

  @Command(name = "stop", description = "Stops the stack that runs from this checkout.")
  int stop(@Mixin Checkout checkout) throws InterruptedException {
    Optional<StackState> state = StackState.read(checkout.directory());
    if (state.isEmpty()) {
      System.out.println("No stack runs from this checkout.");
      return 0;
    }
    Optional<ProcessHandle> owner = state.get().owner().find();
    if (owner.isPresent()) {
      System.out.println("Stopping the stack of process " + owner.get().pid());
      Child.signal(owner.get(), "TERM");
      long deadline = System.nanoTime() + Duration.ofSeconds(150).toNanos();
      while (Child.isRunning(owner.get())) {
        if (System.nanoTime() > deadline) {
          throw new LocalStackException("It does not stop: process " + owner.get().pid());
        }
        Thread.sleep(Duration.ofMillis(50));
      }
    }
    List<String> left = new ArrayList<>();
    state
        .get()
        .parts()
        .forEach(
            (name, part) ->
                part.find()
                    .ifPresent(
                        process -> {
                          Child.kill(process);
                          left.add(name);
                        }));
    try {
      Files.deleteIfExists(StackState.file(checkout.directory()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    System.out.println(stopped(owner.isPresent(), left));
    return 0;
  }

  /**
   * @param ran whether the stack itself ran
   * @param left the parts that had to be killed
   */
  private static String stopped(boolean ran, List<String> left) {
    if (ran) {
      return left.isEmpty()
          ? "Stopped."
          : "Stopped. These had to be killed: %s.".formatted(String.join(", ", left));
    }
    return left.isEmpty()
        ? "No stack runs from this checkout: the one before did not end by itself, and nothing of it is left."
        : "The stack itself did not run any more. What was left of it was killed: %s."
            .formatted(String.join(", ", left));
  }

  @Command(name = "status", description = "Says what runs: each part and its process.")
  int status(@Mixin Checkout checkout) {
    Optional<StackState> running = checkout.running();
    if (running.isEmpty()) {
      System.out.println("No stack runs from this checkout.");
      return 0;
    }
    StackState state = running.get();
    Map<String, String> addresses =
        Map.of(
            PostgresPart.NAME, "127.0.0.1:" + state.postgresPort(),
            KafkaPart.NAME, state.kafkaBootstrap(),
            Services.COMMAND, state.commandUrl(),
            Services.QUERY, state.queryUrl(),
            Services.RELAY, state.relayUrl(),
            Services.WORKER, state.workerUrl());
    for (String name : allParts()) {
      Optional<ProcessHandle> process =
          Optional.ofNullable(state.parts().get(name)).flatMap(StackState.Pid::find);
      System.out.printf(
          "%-9s %-24s %s%n",
          name,
          addresses.get(name),
          process.map(handle -> "runs as process " + handle.pid()).orElse("does not run"));
    }
    return 0;
  }

  @Command(name = "start", description = "Starts one part of the running stack.")
  int start(@Mixin Checkout checkout, @Parameters(paramLabel = "PART") String part) {
    return ask(checkout, "start", part, "started");
  }

  @Command(
      name = "restart",
      description = "Restarts one part of the running stack, with its newest build.")
  int restart(@Mixin Checkout checkout, @Parameters(paramLabel = "PART") String part) {
    return ask(checkout, "restart", part, "restarted");
  }

  @Command(name = "stop-part", description = "Stops one part of the running stack.")
  int stopPart(@Mixin Checkout checkout, @Parameters(paramLabel = "PART") String part) {
    return ask(checkout, "stop", part, "stopped");
  }

  @Command(
      name = "dev",
      description = "Quarkus dev mode of one service, in its place in the running stack.")
  int dev(@Mixin Checkout checkout, @Parameters(paramLabel = "SERVICE") String service)
      throws Exception {
    StackState state = checkout.requireRunning();
    String name = Services.name(service);
    String module = Services.module(name);
    Map<String, String> environment = Services.environment(name, state.ports(), "127.0.0.1");
    ask(checkout, "stop", name, "gives its port to dev mode, and comes back after it");
    AtomicBoolean back = new AtomicBoolean();
    ReentrantLock lock = new ReentrantLock();
    // Under a lock: of the two that may call it, the hook must not end the JVM while the other is
    // at it.
    Runnable comeBack =
        () -> {
          lock.lock();
          try {
            if (back.compareAndSet(false, true) && checkout.running().isPresent()) {
              ask(checkout, "start", name, "runs in the stack again");
            }
          } finally {
            lock.unlock();
          }
        };
    List<String> maven =
        List.of(
            "./mvnw",
            "-B",
            "-pl",
            module,
            "-am",
            "-DskipTests",
            "-Dquarkus.analytics.disabled=true",
            "compile",
            "quarkus:dev");
    ProcessBuilder builder =
        new ProcessBuilder(maven).directory(checkout.root.toFile()).inheritIO();
    builder.environment().putAll(environment);
    Process dev = builder.start();
    // Ctrl-C reaches Maven as well: it ends by itself, and the hook only has to wait for it.
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  dev.destroy();
                  dev.onExit().join();
                  comeBack.run();
                },
                "end-dev-mode"));
    int status = dev.waitFor();
    comeBack.run();
    return status;
  }

  @Command(
      name = "clean-data",
      description = "Deletes what the stack keeps: databases, topics, logs.")
  int cleanData(@Mixin Checkout checkout) {
    StackState.read(checkout.directory())
        .filter(
            state ->
                Stream.concat(Stream.of(state.owner()), state.parts().values().stream())
                    .anyMatch(pid -> pid.find().isPresent()))
        .ifPresent(
            state -> {
              throw new LocalStackException("The stack runs: \"make stop\" first.");
            });
    Directories.delete(checkout.directory());
    System.out.println("Deleted " + checkout.directory());
    return 0;
  }

  private static int ask(Checkout checkout, String verb, String part, String done) {
    String name = Services.name(part);
    if (!allParts().contains(name)) {
      throw new LocalStackException(
          "There is no part \"%s\"; there are %s.".formatted(part, String.join(", ", allParts())));
    }
    Requests.ask(checkout.directory(), checkout.requireRunning(), verb, name);
    System.out.println(name + " " + done + ".");
    return 0;
  }

  private static List<String> allParts() {
    List<String> names = new ArrayList<>(List.of(PostgresPart.NAME, KafkaPart.NAME));
    names.addAll(Services.NAMES);
    return names;
  }
}
