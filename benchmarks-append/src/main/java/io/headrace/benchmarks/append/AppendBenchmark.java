package io.headrace.benchmarks.append;

import io.headrace.benchmarks.append.Load.Streams;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * {@code make bench-append}: commands over HTTP, Axon Framework and plain inserts, one after
 * another in each round, on one PostgreSQL with fsync and synchronous_commit on. Each log size is a
 * database with a service of its own; who is not measured is idle.
 */
public final class AppendBenchmark {

  private static final boolean QUICK = !System.getenv().getOrDefault("QUICK", "").isEmpty();
  private static final int ROUNDS = QUICK ? 1 : 5;
  private static final double SECONDS = QUICK ? 0.25 : 5;

  /** On two processors it takes more than a minute of full load until all is compiled. */
  private static final double WARM_UP = QUICK ? 2 : 75;

  private static final int[] CLIENTS = {1, 16, 64, 256};
  private static final int[] CONNECTIONS = {1, 16, 64};

  /** Not all: each costs time, and the best is what counts. */
  private static final int[] AXON_THREADS = {16, 64};

  private static final int HOT_STREAMS = QUICK ? 200 : 10_000;
  private static final int CHUNK = 250_000;
  private static final String LOG_TABLES = "event_log, stream, idempotency, snapshot";

  private final Figures figures = new Figures();
  private final Path directory = Path.of("target", "bench", "append-run");
  private final PostgresServer postgres;
  private final Map<String, Integer> sizes = new LinkedHashMap<>();
  private final Map<String, CommandService> services = new LinkedHashMap<>();

  private AppendBenchmark(PostgresServer postgres) {
    this.postgres = postgres;
    sizes.put("empty", 0);
    sizes.put("log1m", QUICK ? 10_000 : 1_000_000);
    sizes.put("log10m", QUICK ? 50_000 : 10_000_000);
  }

  public static void main(String[] arguments) throws Exception {
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
    PostgresOptions options =
        PostgresOptions.throwaway()
            .withSettings(
                Map.of(
                    "shared_buffers", "1GB",
                    "max_wal_size", "8GB",
                    // As many files are kept as are written between two of the CHECKPOINTs here, as
                    // it is where checkpoints come in even steps: making one stops all commits for
                    // its 16 MB. More of them would take the page cache from the tables.
                    "min_wal_size", "2GB",
                    "checkpoint_timeout", "30min"));
    try (PostgresServer postgres = PostgresServer.start(options)) {
      new AppendBenchmark(postgres).run();
    }
    System.exit(0); // Axon leaves threads behind
  }

  private void run() throws Exception {
    Files.createDirectories(directory);
    prepare();
    try (AxonJpa axon = new AxonJpa(postgres, "axon")) {
      Ceiling ceiling = new Ceiling(postgres, database("empty"));
      ceiling.create();
      ceiling.run(16, WARM_UP / 8);
      axon.run(16, WARM_UP);
      empty(database("empty"), Ceiling.TABLE);
      empty("axon", AxonJpa.TABLE);
      for (int round = 1; round <= ROUNDS; round++) {
        say("round %d of %d".formatted(round, ROUNDS));
        round(round, ceiling, axon);
      }
    } finally {
      services.values().forEach(CommandService::close);
    }
    figures.print(QUICK ? "append (QUICK: a smoke run, not to be quoted)" : "append");
    figures.write(Path.of("target", "bench", "append.json"), "append", machine(), ROUNDS, QUICK);
  }

  private void round(int round, Ceiling ceiling, AxonJpa axon) throws Exception {
    empty(database("empty"), LOG_TABLES);
    double limit = 0;
    double bareCommit = 0;
    for (int connections : CONNECTIONS) {
      String name = "insert, %d connections".formatted(connections);
      Measured measured = told(name, Optional.empty(), () -> ceiling.run(connections, SECONDS));
      limit = Math.max(limit, measured.rate());
      if (connections == 1) {
        bareCommit = measured.latencies().percentile(50);
      }
    }
    double half = limit / 2;
    told(
        "insert at half of the best, 16 connections",
        Optional.empty(),
        () -> ceiling.run(16, SECONDS, half));
    empty(database("empty"), Ceiling.TABLE);

    Rates empty = rates("empty", round);
    empty(database("empty"), LOG_TABLES);

    double axonBest = 0;
    for (int threads : AXON_THREADS) {
      Measured measured =
          told(
              "Axon 5.0.1 JPA, %d threads".formatted(threads),
              Optional.of(() -> ProcessHandle.current().info().totalCpuDuration().orElseThrow()),
              () -> axon.run(threads, SECONDS));
      axonBest = Math.max(axonBest, measured.rate());
    }
    empty("axon", AxonJpa.TABLE);

    rates("log1m", round);
    empty(database("log1m"), LOG_TABLES);
    fill("log1m"); // a round's events would be many beside those of the log
    Rates log10m = rates("log10m", round);

    figures.ratio("lone_client_vs_bare_commit", empty.lone / bareCommit);
    figures.ratio("http64_vs_ceiling", empty.at64 / limit);
    figures.ratio("http64_vs_axon_jpa", empty.at64 / axonBest);
    figures.ratio("log10m_vs_empty", log10m.at64 / empty.at64);
    figures.ratio("log10m_vs_empty_ids_in_order", log10m.inOrder / empty.inOrder);
    figures.ratio("zipf_vs_peak", empty.zipf / empty.peak);
  }

  /**
   * Commands a second.
   *
   * @param lone the median time of a lone client's, for a new stream, in ms
   * @param at64 for new streams, from 64 clients
   * @param inOrder for new streams whose ids are in order, from 64 clients
   * @param peak for new streams, from the number of clients that is best
   * @param zipf for Zipf-hot streams, from 64 clients
   */
  private record Rates(double lone, double at64, double inOrder, double peak, double zipf) {}

  /** All loads on the log of this size. */
  private Rates rates(String size, int round) throws Exception {
    var commands = new Commands("r%d-".formatted(round), HOT_STREAMS, round);
    // The first change of a page after a checkpoint takes the whole page along. With random ids in
    // a large index that is two pages an event for a while: a load of its own, and not the next's.
    Sql.execute(postgres, "postgres", "CHECKPOINT");
    http(size, " after a checkpoint", 64, commands.newStreams(), SECONDS, 0);
    double lone = 0;
    double at64 = 0;
    double peak = 0;
    for (int clients : CLIENTS) {
      Measured measured = http(size, "", clients, commands.newStreams(), SECONDS, 0);
      peak = Math.max(peak, measured.rate());
      if (clients == 64) {
        at64 = measured.rate();
      }
      if (clients == 1) {
        lone = measured.latencies().percentile(50);
      }
    }
    double inOrder = http(size, "", 64, commands.newStreamsInOrder(), SECONDS, 0).rate();
    for (int clients : CLIENTS) {
      // A quarter of what was placed is more than can be confirmed in a quarter of the time.
      double seconds = Math.min(SECONDS / 2, commands.placedAndNotConfirmed() / (4 * peak));
      http(size, "", clients, commands.existingStreams(), seconds, 0);
    }
    // One client makes the streams: each is requested before it is dispatched.
    new HttpLoad(service(size).port(), 1, commands.requestShipments()).send(2 * HOT_STREAMS);
    double zipf = 0;
    for (int clients : CLIENTS) {
      double rate = http(size, "", clients, commands.hotStreams(), SECONDS, 0).rate();
      zipf = clients == 64 ? rate : zipf;
    }
    http(size, " at half the peak", 256, commands.newStreams(), SECONDS, peak / 2);
    return new Rates(lone, at64, inOrder, peak, zipf);
  }

  /**
   * Measures, tells, and checks that what was answered is in the log, in order.
   *
   * @param when or how, for its name
   * @param rate in requests a second, 0 for as many as are answered
   */
  private Measured http(
      String size, String when, int clients, Load load, double seconds, double rate)
      throws Exception {
    CommandService service = service(size);
    String database = database(size);
    long before = events(database, load.streams().get());
    String name =
        "HTTP, %s%s%s, %d clients"
            .formatted(load.what(), when, size.equals("empty") ? "" : ", " + size, clients);
    Measured measured =
        told(
            name,
            Optional.of(service::cpu),
            () -> new HttpLoad(service.port(), clients, load.requests()).run(seconds, rate));
    Streams streams = load.streams().get();
    long expected = before + measured.events() + (long) load.eventsEach() * streams.size();
    long found = events(database, streams);
    if (found != expected) {
      throw new IllegalStateException(
          "%d events are in the log, and not %d".formatted(found, expected));
    }
    return measured;
  }

  /** Runs a load and tells what it came to and what it cost. */
  private Measured told(String name, Optional<Cpu> service, Callable<Measured> load)
      throws Exception {
    long walBefore = wal();
    double serviceBefore = service.isPresent() ? seconds(service.get().used()) : 0;
    double databaseBefore = seconds(Processes.cpu(postgres.process()));
    Measured measured = load.call();
    double thousands = Math.max(1, measured.done()) / 1000.0;
    figures.add(name, "1/s", measured.rate());
    figures.add(name + ", p50", "ms", measured.latencies().percentile(50));
    figures.add(name + ", p99", "ms", measured.latencies().percentile(99));
    if (service.isPresent()) {
      double used = seconds(service.get().used()) - serviceBefore;
      figures.add(name + ", CPU of the service", "s/1000", used / thousands);
    }
    double used = seconds(Processes.cpu(postgres.process())) - databaseBefore;
    figures.add(name + ", CPU of PostgreSQL", "s/1000", used / thousands);
    if (measured.events() > 0) {
      double wal = wal() - walBefore;
      figures.add(name + ", WAL", "bytes/event", wal / measured.events());
    }
    return measured;
  }

  private interface Cpu {
    Duration used() throws Exception;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  /**
   * How many events these streams have. Looks each of them up, so that a log of any size stays
   * where it is.
   *
   * @throws IllegalStateException if a version is missing, or is not that of the stream's head
   */
  private long events(String database, Streams streams) throws Exception {
    if (streams.size() == 0) {
      return 0;
    }
    long events =
        Sql.number(
            postgres,
            database,
            """
            SELECT CASE
              WHEN bool_or(n = 0 OR last IS DISTINCT FROM n OR version IS DISTINCT FROM n) THEN -1
              ELSE sum(n) END
            FROM (%s) ids,
              LATERAL (SELECT count(*) AS n, max(stream_version) AS last
                FROM event_log WHERE stream_id = ids.id) events,
              LATERAL (SELECT max(version) AS version FROM stream WHERE stream_id = ids.id) head
            """
                .formatted(streams.query()));
    if (events < 0) {
      throw new IllegalStateException("a stream of %s has gaps".formatted(streams));
    }
    return events;
  }

  private long wal() throws Exception {
    return Sql.number(
        postgres, "postgres", "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint");
  }

  private void prepare() throws Exception {
    Sql.execute(postgres, "postgres", "CREATE DATABASE axon");
    for (String size : sizes.keySet()) {
      if (!size.equals("empty")) {
        Sql.execute(
            postgres, "postgres", "CREATE DATABASE " + database(size) + " OWNER headrace_owner");
        Sql.execute(postgres, database(size), "ALTER SCHEMA public OWNER TO headrace_owner");
      }
      CommandService service = CommandService.start(postgres, database(size), directory);
      services.put(size, service);
      service.awaitReady();
      // Nobody reads from it here, so it would keep all WAL.
      Sql.execute(postgres, database(size), "SELECT pg_drop_replication_slot('headrace')");
    }
    say("warming up");
    // One after another: three at once on few processors leave each of them half compiled.
    for (Map.Entry<String, CommandService> service : services.entrySet()) {
      new HttpLoad(
              service.getValue().port(),
              64,
              new Commands("warm-", HOT_STREAMS, 0).newStreams().requests())
          .run(WARM_UP);
      empty(database(service.getKey()), LOG_TABLES);
    }
    for (String size : sizes.keySet()) {
      fill(size);
    }
  }

  /** With ids in no order, as they come in life. */
  private void fill(String size) throws Exception {
    String database = database(size);
    int events = sizes.getOrDefault(size, 0);
    for (int from = 0; from < events; from += CHUNK) {
      say("filling %s: %,d of %,d".formatted(database, from, events));
      int to = Math.min(events, from + CHUNK);
      Sql.execute(
          postgres,
          database,
          """
          INSERT INTO event_log
          SELECT 'order-' || md5(i::text), 1, 'ordering', 'ordering.OrderPlaced.v1', md5(i::text),
            1506941793000000, '%s', '%s'
          FROM generate_series(%d, %d) i
          """
              .formatted(Commands.METADATA, Commands.ORDER_PLACED, from + 1, to),
          "INSERT INTO stream SELECT 'order-' || md5(i::text), 1, 0 FROM generate_series(%d, %d) i"
              .formatted(from + 1, to));
    }
    Sql.execute(postgres, database, "VACUUM ANALYZE");
    Sql.execute(postgres, database, "CHECKPOINT");
  }

  /**
   * What a contender has written goes when it has been measured, or autovacuum would work on it
   * while the next one is.
   */
  private void empty(String database, String tables) throws Exception {
    Sql.execute(postgres, database, "TRUNCATE " + tables, "CHECKPOINT");
  }

  private String database(String size) {
    return size.equals("empty") ? PostgresServer.COMMANDS : size;
  }

  private CommandService service(String size) {
    CommandService service = services.get(size);
    if (service == null) {
      throw new IllegalArgumentException(size);
    }
    return service;
  }

  private String setting(String name) throws Exception {
    return Sql.text(postgres, database("empty"), "SHOW " + name);
  }

  private static void say(String what) {
    System.out.println(what);
  }

  private String machine() throws Exception {
    List<String> parts = new ArrayList<>();
    parts.add(Runtime.getRuntime().availableProcessors() + " processors");
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      lines
          .filter(line -> line.startsWith("model name"))
          .findFirst()
          .ifPresent(line -> parts.add(line.substring(line.indexOf(':') + 1).strip()));
    }
    parts.add("Java " + System.getProperty("java.version"));
    parts.add("PostgreSQL " + setting("server_version"));
    for (String name : List.of("fsync", "synchronous_commit", "full_page_writes")) {
      parts.add(name + " " + setting(name));
    }
    return String.join(", ", parts);
  }
}
