package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The whole platform: PostgreSQL, Kafka and the four services, each a process of its own that dies
 * with this JVM. Each part can be killed, stopped and started by its name: {@code postgres}, {@code
 * kafka}, {@code command}, {@code query}, {@code relay}, {@code worker}. Safe for use by several
 * threads.
 */
public final class Stack implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private final StackOptions options;
  private final FileChannel lockFile;
  private final Map<String, Part> parts = new LinkedHashMap<>();
  private final Map<String, Boolean> wanted = new ConcurrentHashMap<>();
  private volatile boolean closed;

  private Stack(StackOptions options, FileChannel lockFile) {
    this.options = options;
    this.lockFile = lockFile;
  }

  /**
   * Starts all parts and returns when all are ready; nothing is left running when one of them is
   * not.
   */
  public static Stack start(StackOptions options) {
    return start(options, line -> {});
  }

  /**
   * Starts all parts and returns when all are ready; nothing is left running when one of them is
   * not.
   *
   * @param progress takes a line for each step
   */
  public static Stack start(StackOptions options, Consumer<String> progress) {
    Stack stack = prepare(options);
    if (options.temporary()) {
      Runtime.getRuntime().addShutdownHook(new Thread(stack::close, "close-stack"));
    }
    try {
      stack.startAll(progress);
      return stack;
    } catch (RuntimeException e) {
      stack.close();
      throw e;
    }
  }

  /** A stack of which nothing runs yet; the directory is its own until it is closed. */
  static Stack prepare(StackOptions options) {
    try {
      Files.createDirectories(options.directory());
      FileChannel file =
          FileChannel.open(
              options.directory().resolve("lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (!lock(file)) {
        file.close();
        throw new LocalStackException(
            "A stack already runs on %s%s."
                .formatted(
                    options.directory(),
                    StackState.read(options.directory())
                        .flatMap(state -> state.owner().find())
                        .map(owner -> ", as process " + owner.pid() + "; \"make stop\" ends it")
                        .orElse("")));
      }
      Stack stack = new Stack(options, file);
      try {
        stack.endLeftovers();
        stack.requireBuilt();
        stack.requireFreePorts();
        stack.keepFormerLogs();
        Directories.delete(options.directory().resolve("requests"));
        stack.addParts();
        // Before anything runs: so it can be found, and stopped, while it starts.
        stack.writeState();
        return stack;
      } catch (RuntimeException e) {
        file.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot use " + options.directory(), e);
    }
  }

  private static boolean lock(FileChannel file) throws IOException {
    try {
      FileLock lock = file.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  void startAll(Consumer<String> progress) {
    inParallel(List.of("postgres", "kafka"), name -> launch(name, progress));
    inParallel(Services.NAMES, name -> launch(name, progress));
  }

  private void launch(String name, Consumer<String> progress) {
    long begin = System.nanoTime();
    start(name);
    part(name).awaitReady(PATIENCE);
    progress.accept(
        "%-9s ready after %4.1f s   %s"
            .formatted(name, (System.nanoTime() - begin) / 1e9, part(name).address()));
  }

  /** Starts a part that was killed, was stopped or died; it may not be ready when this returns. */
  public void start(String name) {
    Part part = part(name);
    synchronized (part) {
      // Asked in the part's own turn: either this comes first and closing stops the part, or it
      // comes after and starts none.
      if (closed) {
        throw new LocalStackException("The stack is being stopped.");
      }
      part.start();
    }
    wanted.put(part.name(), true);
    writeState();
  }

  /** Ends a part in its own clean way, and returns when it is gone. */
  public void stop(String name) {
    Part part = part(name);
    wanted.put(part.name(), false);
    part.stop();
    writeState();
  }

  /** SIGKILL to a part; returns when it is gone. */
  public void kill(String name) {
    Part part = part(name);
    wanted.put(part.name(), false);
    part.kill();
    writeState();
  }

  /** Returns when every part that was started, and not stopped or killed since, is ready. */
  public void awaitReady() {
    inParallel(
        parts.keySet().stream().filter(this::isWanted).toList(),
        name -> part(name).awaitReady(PATIENCE));
  }

  /** Returns when this part is ready. */
  public void awaitReady(String name) {
    part(name).awaitReady(PATIENCE);
  }

  /** Whether the process of a part runs. */
  public boolean isAlive(String name) {
    return part(name).process() != null;
  }

  /** The process of a part, while it runs. */
  public Optional<ProcessHandle> process(String name) {
    return Optional.ofNullable(part(name).process());
  }

  /** The file with the output of a part. */
  public Path log(String name) {
    return part(name).log();
  }

  /** The names of the parts, in the order in which they are started. */
  public List<String> partNames() {
    return List.copyOf(parts.keySet());
  }

  /** How this stack was started. */
  public StackOptions options() {
    return options;
  }

  /** The URL of the command service, without a slash at the end. */
  public String commandUrl() {
    return part(Services.COMMAND).address();
  }

  /** The URL of the query service, without a slash at the end. */
  public String queryUrl() {
    return part(Services.QUERY).address();
  }

  /** The URL of the relay, without a slash at the end. */
  public String relayUrl() {
    return part(Services.RELAY).address();
  }

  /** The URL of the projection worker, without a slash at the end. */
  public String workerUrl() {
    return part(Services.WORKER).address();
  }

  /** The PostgreSQL server. */
  public PostgresServer postgres() {
    return ((PostgresPart) part(PostgresPart.NAME)).server();
  }

  /** What Kafka clients connect to. */
  public String kafkaBootstrap() {
    return part(KafkaPart.NAME).address();
  }

  /**
   * Stops all parts in the reverse order of their start, the services before the servers that they
   * need.
   */
  @Override
  public void close() {
    close(line -> {});
  }

  synchronized void close(Consumer<String> progress) {
    if (closed) {
      return;
    }
    closed = true;
    for (Part part : new ArrayList<>(parts.values()).reversed()) {
      wanted.put(part.name(), false);
      synchronized (part) {
        if (part.process() != null) {
          part.stop();
          progress.accept(part.name() + " stopped");
        }
      }
    }
    try {
      Files.deleteIfExists(StackState.file(options.directory()));
      lockFile.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (options.temporary()) {
      Directories.discard(options.directory());
    }
  }

  /** The parts that ought to run and do not: they died by themselves, or by another hand. */
  List<String> dead() {
    return parts.keySet().stream().filter(name -> isWanted(name) && !isAlive(name)).toList();
  }

  /** Takes note that a part is gone: it is not reported again until it was started again. */
  void acknowledge(String name) {
    wanted.put(name, false);
    writeState();
  }

  private boolean isWanted(String name) {
    return wanted.getOrDefault(name, false);
  }

  private Part part(String name) {
    Part part = parts.get(Services.name(name));
    if (part == null) {
      throw new LocalStackException(
          "There is no part \"%s\"; there are %s."
              .formatted(name, String.join(", ", parts.keySet())));
    }
    return part;
  }

  private void addParts() {
    Path directory = options.directory();
    Path logs = directory.resolve("logs");
    StackPorts ports = options.ports();
    add(
        new PostgresPart(
            PostgresOptions.in(directory.resolve("postgres"))
                .withLog(logs.resolve("postgres.log"))
                .withPort(ports.postgres())));
    add(
        new KafkaPart(
            KafkaOptions.in(directory.resolve("kafka"))
                .withLog(logs.resolve("kafka.log"))
                .withPorts(ports.kafka(), ports.kafkaController())));
    for (String name : Services.NAMES) {
      Map<String, String> environment =
          new LinkedHashMap<>(Services.environment(name, ports, options.address()));
      environment.putAll(options.environment().getOrDefault(name, Map.of()));
      add(
          new Service(
              name,
              build(name),
              directory.resolve("apps").resolve(name),
              options.jvm(),
              environment,
              Services.port(name, ports),
              logs.resolve(name + ".log")));
    }
  }

  private void add(Part part) {
    parts.put(part.name(), part);
  }

  /** What a stack left behind whose JVM died together with the shells that end its parts. */
  private void endLeftovers() {
    StackState.read(options.directory())
        .ifPresent(
            state -> state.parts().values().forEach(pid -> pid.find().ifPresent(Child::kill)));
  }

  private void requireBuilt() {
    Services.NAMES.forEach(name -> build(name).require());
  }

  private Build build(String name) {
    return new Build(
        name, options.flavour(), options.root().resolve(Services.module(name)).resolve("target"));
  }

  private void keepFormerLogs() throws IOException {
    Path logs = options.directory().resolve("logs");
    for (String name : List.of("postgres", "kafka", "command", "query", "relay", "worker")) {
      Path log = logs.resolve(name + ".log");
      if (Files.exists(log)) {
        Files.move(log, logs.resolve(name + ".previous.log"), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private void requireFreePorts() {
    List<String> taken =
        options.ports().byVariable().entrySet().stream()
            .filter(port -> !Ports.becomesFree(port.getValue()))
            .map(port -> "Port %d (%s) is taken.".formatted(port.getValue(), port.getKey()))
            .toList();
    if (!taken.isEmpty()) {
      String variable = taken.getFirst().replaceAll(".*\\((.*)\\).*", "$1");
      throw new LocalStackException(
          "%s End what listens there, or choose another port: make run %s=%d"
              .formatted(String.join(" ", taken), variable, Ports.free()));
    }
  }

  private synchronized void writeState() {
    if (closed) {
      return;
    }
    Map<String, StackState.Pid> running = new TreeMap<>();
    parts.forEach(
        (name, part) -> {
          ProcessHandle process = part.process();
          if (process != null) {
            running.put(name, StackState.Pid.of(process));
          }
        });
    new StackState(
            StackState.Pid.of(ProcessHandle.current()),
            commandUrl(),
            queryUrl(),
            relayUrl(),
            workerUrl(),
            options.ports().postgres(),
            kafkaBootstrap(),
            options.ports(),
            running)
        .write(options.directory());
  }

  private static void inParallel(List<String> names, Consumer<String> action) {
    // Platform threads: a process starts in the thread that asks for it, and file locks and pipes
    // may block.
    try (ExecutorService threads = Executors.newCachedThreadPool()) {
      List<Future<?>> all = new ArrayList<>();
      for (String name : names) {
        all.add(threads.submit(() -> action.accept(name)));
      }
      RuntimeException failure = null;
      for (Future<?> one : all) {
        failure = join(one, failure);
      }
      if (failure != null) {
        throw failure;
      }
    }
  }

  private static @Nullable RuntimeException join(
      Future<?> one, @Nullable RuntimeException failure) {
    try {
      one.get();
      return failure;
    } catch (ExecutionException e) {
      RuntimeException cause =
          e.getCause() instanceof RuntimeException runtime
              ? runtime
              : new IllegalStateException(e.getCause());
      if (failure == null) {
        return cause;
      }
      failure.addSuppressed(cause);
      return failure;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new LocalStackException("Interrupted", e);
    }
  }
}
