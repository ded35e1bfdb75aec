package io.headrace.localstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A PostgreSQL server of its own process, on loopback, with the roles and databases of Headrace in
 * it. It can be killed and started again on the same data and port, and it dies with this JVM.
 */
public final class PostgresServer implements AutoCloseable {
  /** The superuser; its password is its name, as with every role here. */
  public static final String SUPERUSER = "postgres";

  /** The database of the command side. */
  public static final String COMMANDS = HeadraceDatabases.COMMANDS;

  /** The database of the views. */
  public static final String VIEWS = HeadraceDatabases.VIEWS;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final PostgresOptions options;
  private final Path home;
  private final AtomicReference<@Nullable Process> process;

  private PostgresServer(
      PostgresOptions options, Path home, AtomicReference<@Nullable Process> process) {
    this.options = options;
    this.home = home;
    this.process = process;
  }

  /** Starts a server and returns when it answers and its databases are there. */
  public static PostgresServer start(PostgresOptions options) {
    PostgresServer server = of(options);
    server.start();
    return server;
  }

  static PostgresServer of(PostgresOptions options) {
    return new PostgresServer(
        options.port() == 0 ? options.withPort(Ports.free()) : options,
        PostgresBinaries.unpack(Directories.cache()),
        new AtomicReference<>());
  }

  /** Starts the server again after {@link #stop} or {@link #kill}, on the same data and port. */
  public synchronized void start() {
    if (isAlive()) {
      return;
    }
    if (!Ports.becomesFree(options.port())) {
      throw new LocalStackException(
          "Port %d, wanted for PostgreSQL, is taken.".formatted(options.port()));
    }
    if (!Files.exists(options.data().resolve("PG_VERSION"))) {
      initialize();
    }
    PostgresUser.own(options.data());
    discardStaleLock();
    Process started =
        Child.start(
            PostgresUser.command(serverCommand()),
            "INT",
            options.log(),
            Map.of("LC_ALL", "C", "TZ", "UTC"));
    process.set(started);
    try {
      awaitReady(started);
      HeadraceDatabases.create(this);
    } catch (SQLException e) {
      kill();
      throw new LocalStackException("Cannot create the databases: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      kill();
      throw e;
    }
  }

  /** Stops it cleanly: sessions are cut, all is written, nothing is left to recover. */
  public synchronized void stop() {
    Process running = process.getAndSet(null);
    if (running != null) {
      Child.stop(running.toHandle(), "INT", PATIENCE);
    }
  }

  /** SIGKILL to the server; returns when the last of its processes is gone. */
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

  /** Stops the server; temporary data goes with it. */
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
      throw new LocalStackException("PostgreSQL is not running.");
    }
    return running.toHandle();
  }

  /** The address it listens on. */
  public String host() {
    return "127.0.0.1";
  }

  /** The port it listens on, the same for all its lives. */
  public int port() {
    return options.port();
  }

  /** The JDBC URL of a database. */
  public String jdbcUrl(String database) {
    return "jdbc:postgresql://%s:%d/%s".formatted(host(), port(), database);
  }

  /** The file that takes the server's log. */
  public Path log() {
    return options.log();
  }

  /** A connection as superuser. */
  public Connection connect(String database) throws SQLException {
    return connect(database, SUPERUSER);
  }

  /** A connection as this role. */
  public Connection connect(String database, String role) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", role);
    properties.setProperty("password", role);
    properties.setProperty("connectTimeout", "5");
    // Not through DriverManager: it finds no driver from the class loaders of Quarkus tests.
    Connection connection = new org.postgresql.Driver().connect(jdbcUrl(database), properties);
    if (connection == null) {
      throw new SQLException("Not a PostgreSQL URL: " + jdbcUrl(database));
    }
    return connection;
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
        "fsync",
        options.fsync(),
        "temporary",
        options.temporary(),
        "settings",
        options.settings(),
        "home",
        home,
        "process",
        process);
  }

  /**
   * The server that another class loader's {@link #share} stands for: the same process, seen by
   * both.
   */
  @SuppressWarnings("unchecked")
  public static PostgresServer shared(Map<String, Object> server) {
    PostgresOptions options =
        new PostgresOptions(
            (Path) get(server, "data"),
            (Path) get(server, "log"),
            (int) get(server, "port"),
            (boolean) get(server, "fsync"),
            (boolean) get(server, "temporary"),
            (Map<String, String>) get(server, "settings"));
    return new PostgresServer(
        options,
        (Path) get(server, "home"),
        (AtomicReference<@Nullable Process>) get(server, "process"));
  }

  private static Object get(Map<String, Object> server, String key) {
    Object value = server.get(key);
    if (value == null) {
      throw new IllegalArgumentException("Not a shared PostgreSQL: " + key + " is missing");
    }
    return value;
  }

  private List<String> serverCommand() {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("port", String.valueOf(options.port()));
    // A socket directory has its own permissions and length limit; TCP on loopback is all that
    // anyone here uses.
    settings.put("unix_socket_directories", "");
    settings.put("wal_level", "logical");
    settings.put("fsync", options.fsync() ? "on" : "off");
    settings.put("synchronous_commit", "on");
    settings.put("max_connections", "200");
    settings.put("max_replication_slots", "10");
    settings.put("max_wal_senders", "10");
    // A relay that stays away costs its slot in the end, which a refill mends, and not the disk.
    settings.put("max_slot_wal_keep_size", "4GB");
    settings.put("timezone", "UTC");
    settings.put("log_timezone", "UTC");
    settings.put("log_line_prefix", "%m [%p] %q%u@%d ");
    settings.putAll(options.settings());
    List<String> command =
        new ArrayList<>(
            List.of(home.resolve("bin/postgres").toString(), "-D", options.data().toString()));
    settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    return command;
  }

  // Into a directory beside and renamed at the end: an interrupted first start leaves nothing that
  // looks like a cluster.
  private void initialize() {
    Path data = options.data();
    Path fresh = data.resolveSibling(data.getFileName() + ".new");
    Path password = data.resolveSibling(data.getFileName() + ".password");
    try {
      Directories.delete(fresh);
      Files.createDirectories(fresh);
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwx------"));
      PostgresUser.own(fresh);
      Files.writeString(password, SUPERUSER);
      List<String> initdb =
          new ArrayList<>(
              List.of(
                  home.resolve("bin/initdb").toString(),
                  "--pgdata=" + fresh,
                  "--username=" + SUPERUSER,
                  "--pwfile=" + password,
                  "--auth=scram-sha-256",
                  "--encoding=UTF8",
                  "--no-locale",
                  "--locale-provider=builtin",
                  "--builtin-locale=C.UTF-8",
                  "--no-instructions"));
      if (!options.fsync()) {
        initdb.add("--no-sync");
      }
      Process running =
          Child.start(
              PostgresUser.command(initdb),
              "TERM",
              options.log(),
              Map.of("LC_ALL", "C", "TZ", "UTC"));
      if (running.waitFor() != 0) {
        throw new LocalStackException(
            "PostgreSQL's initdb failed:\n%s".formatted(Child.tail(options.log(), 20)));
      }
      Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot create the PostgreSQL data directory " + data, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalStackException(
          "Interrupted while creating the PostgreSQL data directory " + data, e);
    } finally {
      try {
        Files.deleteIfExists(password);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /**
   * PostgreSQL itself takes over a lock file whose process is gone. It cannot when the number was
   * given to some other process since: then, and only then, the file is removed here. One that
   * belongs to a living PostgreSQL is respected.
   */
  private void discardStaleLock() {
    Path lock = options.data().resolve("postmaster.pid");
    try {
      if (!Files.exists(lock)) {
        return;
      }
      long pid = Long.parseLong(Files.readAllLines(lock).getFirst().strip());
      ProcessHandle holder = ProcessHandle.of(pid).filter(ProcessHandle::isAlive).orElse(null);
      if (holder == null) {
        return;
      }
      if (holder.info().command().orElse("postgres").endsWith("postgres")) {
        throw new LocalStackException(
            "A PostgreSQL already runs on %s, as process %d.".formatted(options.data(), pid));
      }
      Files.delete(lock);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + lock, e);
    }
  }

  private void awaitReady(Process started) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      if (!started.isAlive()) {
        throw new LocalStackException(
            "PostgreSQL did not start:\n%s".formatted(Child.tail(options.log(), 20)));
      }
      try (Connection connection = connect("postgres")) {
        if (connection.isValid(5)) {
          return;
        }
      } catch (SQLException e) {
        if (System.nanoTime() > deadline) {
          throw new LocalStackException(
              "PostgreSQL did not answer within %d s: %s\n%s"
                  .formatted(PATIENCE.toSeconds(), e.getMessage(), Child.tail(options.log(), 20)),
              e);
        }
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(Duration.ofMillis(50));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalStackException("Interrupted while PostgreSQL starts", e);
    }
  }
}
