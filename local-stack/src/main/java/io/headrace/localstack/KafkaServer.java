package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka broker (KRaft, one node) of its own JVM, on loopback. It can be killed and started again
 * on the same data and port, and it dies with this JVM.
 */
public final class KafkaServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final KafkaOptions options;
  private final AtomicReference<@Nullable Process> process;

  private KafkaServer(KafkaOptions options, AtomicReference<@Nullable Process> process) {
    this.options = options;
    this.process = process;
  }

  /** Starts a broker and returns when it answers. */
  public static KafkaServer start(KafkaOptions options) {
    KafkaServer server = of(options);
    server.start();
    return server;
  }

  static KafkaServer of(KafkaOptions options) {
    return new KafkaServer(
        options.withPorts(
            options.port() == 0 ? Ports.free() : options.port(),
            options.controllerPort() == 0 ? Ports.free() : options.controllerPort()),
        new AtomicReference<>());
  }

  /** Starts the broker again after {@link #stop} or {@link #kill}, on the same data and port. */
  public synchronized void start() {
    if (isAlive()) {
      return;
    }
    for (int port : List.of(options.port(), options.controllerPort())) {
      if (!Ports.becomesFree(port)) {
        throw new LocalStackException("Port %d, wanted for Kafka, is taken.".formatted(port));
      }
    }
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(options.jvm());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
            "-Dlogging.configuration=" + logging().toUri(),
            "-cp",
            System.getProperty("java.class.path"),
            KafkaBroker.class.getName(),
            settings().toString(),
            ready().toString()));
    try {
      Files.deleteIfExists(ready());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Process started = Child.start(command, "TERM", options.log(), Map.of());
    process.set(started);
    try {
      awaitReady(started);
    } catch (RuntimeException e) {
      kill();
      throw e;
    }
  }

  /** Stops it cleanly: the logs are closed, and the next start has nothing to recover. */
  public synchronized void stop() {
    Process running = process.getAndSet(null);
    if (running != null) {
      Child.stop(running.toHandle(), "TERM", PATIENCE);
    }
  }

  /** SIGKILL to the broker. */
  public synchronized void kill() {
    Process running = process.getAndSet(null);
    if (running != null) {
      Child.kill(running.toHandle());
    }
  }

  /** Stops it cleanly and starts it again. */
  public void restart() {
    stop();
    start();
  }

  /** Stops the broker; temporary data goes with it. */
  @Override
  public void close() {
    if (options.temporary()) {
      kill();
      Directories.discard(options.data().getParent());
    } else {
      stop();
    }
  }

  /** Whether the process runs. */
  public boolean isAlive() {
    Process running = process.get();
    return running != null && running.isAlive();
  }

  /** The process, while it runs. */
  public ProcessHandle process() {
    Process running = process.get();
    if (running == null) {
      throw new LocalStackException("Kafka is not running.");
    }
    return running.toHandle();
  }

  /** What clients connect to, the same for all its lives. */
  public String bootstrapServers() {
    return "127.0.0.1:" + options.port();
  }

  /** The port of the clients. */
  public int port() {
    return options.port();
  }

  /** The file that takes the broker's log. */
  public Path log() {
    return options.log();
  }

  /**
   * In terms of JDK classes only, for a {@link #shared(Map) copy} in another class loader of this
   * JVM.
   */
  public Map<String, Object> share() {
    return Map.of(
        "data",
        options.data(),
        "log",
        options.log(),
        "port",
        options.port(),
        "controllerPort",
        options.controllerPort(),
        "temporary",
        options.temporary(),
        "jvm",
        options.jvm(),
        "settings",
        options.settings(),
        "process",
        process);
  }

  /**
   * The broker that another class loader's {@link #share} stands for: the same process, seen by
   * both.
   */
  @SuppressWarnings("unchecked")
  public static KafkaServer shared(Map<String, Object> server) {
    KafkaOptions options =
        new KafkaOptions(
            (Path) get(server, "data"),
            (Path) get(server, "log"),
            (int) get(server, "port"),
            (int) get(server, "controllerPort"),
            (boolean) get(server, "temporary"),
            (List<String>) get(server, "jvm"),
            (Map<String, String>) get(server, "settings"));
    return new KafkaServer(options, (AtomicReference<@Nullable Process>) get(server, "process"));
  }

  private static Object get(Map<String, Object> server, String key) {
    Object value = server.get(key);
    if (value == null) {
      throw new IllegalArgumentException("Not a shared Kafka: " + key + " is missing");
    }
    return value;
  }

  private Path settings() {
    Properties settings = new Properties();
    settings.setProperty("process.roles", "broker,controller");
    settings.setProperty("node.id", "1");
    settings.setProperty("controller.quorum.voters", "1@127.0.0.1:" + options.controllerPort());
    settings.setProperty(
        "listeners",
        "PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
            .formatted(options.port(), options.controllerPort()));
    settings.setProperty("advertised.listeners", "PLAINTEXT://127.0.0.1:" + options.port());
    settings.setProperty(
        "listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
    settings.setProperty("controller.listener.names", "CONTROLLER");
    settings.setProperty("inter.broker.listener.name", "PLAINTEXT");
    settings.setProperty("log.dirs", options.data().toString());
    settings.setProperty("auto.create.topics.enable", "false");
    settings.setProperty("offsets.topic.replication.factor", "1");
    settings.setProperty("offsets.topic.num.partitions", "4");
    settings.setProperty("transaction.state.log.replication.factor", "1");
    settings.setProperty("transaction.state.log.min.isr", "1");
    settings.setProperty("transaction.state.log.num.partitions", "2");
    settings.setProperty("share.coordinator.state.topic.replication.factor", "1");
    settings.setProperty("share.coordinator.state.topic.min.isr", "1");
    settings.setProperty("share.coordinator.state.topic.num.partitions", "1");
    settings.setProperty("group.initial.rebalance.delay.ms", "0");
    // A broker that was killed is let in again only when the session of its former life has ended:
    // 9 s by default.
    settings.setProperty("broker.session.timeout.ms", "3000");
    settings.setProperty("broker.heartbeat.interval.ms", "500");
    // Threads and buffers for one node in 256 MB.
    settings.setProperty("log.cleaner.dedupe.buffer.size", "8388608");
    settings.setProperty("num.network.threads", "2");
    settings.setProperty("num.io.threads", "4");
    settings.setProperty("background.threads", "2");
    settings.putAll(options.settings());
    return write(".properties", settings);
  }

  private Path logging() {
    Properties logging = new Properties();
    logging.setProperty("logger.level", "WARN");
    logging.setProperty("logger.handlers", "CONSOLE");
    logging.setProperty("handler.CONSOLE", "org.jboss.logmanager.handlers.ConsoleHandler");
    logging.setProperty("handler.CONSOLE.properties", "autoFlush");
    logging.setProperty("handler.CONSOLE.autoFlush", "true");
    logging.setProperty("handler.CONSOLE.formatter", "PATTERN");
    logging.setProperty("formatter.PATTERN", "org.jboss.logmanager.formatters.PatternFormatter");
    logging.setProperty("formatter.PATTERN.properties", "pattern");
    logging.setProperty(
        "formatter.PATTERN.pattern", "%d{yyyy-MM-dd HH:mm:ss,SSS} %-5p [%c{2.}] %s%e%n");
    return write(".logging.properties", logging);
  }

  private Path write(String suffix, Properties properties) {
    Path file = beside(suffix);
    try {
      Files.createDirectories(options.data());
      try (Writer writer = Files.newBufferedWriter(file)) {
        properties.store(writer, null);
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    }
  }

  private void awaitReady(Process started) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(ready())) {
      requireAlive(started, deadline);
      pause();
    }
  }

  private Path ready() {
    return beside(".ready");
  }

  private Path beside(String suffix) {
    return options.data().resolveSibling(options.data().getFileName() + suffix);
  }

  private void requireAlive(Process started, long deadline) {
    if (!started.isAlive()) {
      throw new LocalStackException(
          "Kafka did not start:\n%s".formatted(Child.tail(options.log(), 20)));
    }
    if (System.nanoTime() > deadline) {
      throw new LocalStackException(
          "Kafka did not answer within %d s:\n%s"
              .formatted(PATIENCE.toSeconds(), Child.tail(options.log(), 20)));
    }
  }

  private static void pause() {
    try {
      Thread.sleep(Duration.ofMillis(50));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalStackException("Interrupted while Kafka starts", e);
    }
  }
}
