package io.headrace.benchmarks.relay;

import io.headrace.benchmarks.report.Disk;
import io.headrace.benchmarks.report.Figures;
import io.headrace.localstack.KafkaOptions;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresOptions;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** {@code make bench-relay}. */
public final class RelayBenchmark {

  private static final boolean QUICK = System.getenv("QUICK") != null;
  private static final int ROUNDS = QUICK ? 1 : Integer.getInteger("bench.rounds", 5);
  private static final int EVENTS = Integer.getInteger("bench.events", QUICK ? 60_000 : 1_000_000);

  /** Four times the bytes of the million small ones; a million would take the disk over an hour. */
  private static final int LARGE = Integer.getInteger("bench.large", QUICK ? 10_000 : 200_000);

  private static final Duration LATENCY = Duration.ofSeconds(QUICK ? 4 : 20);
  private static final Duration DISK = Duration.ofSeconds(QUICK ? 1 : 5);
  private static final Duration IDLE = Duration.ofSeconds(QUICK ? 5 : 20);

  /**
   * To look at one thing at a time: {@code -Dbench.parts=latency}, {@code -Dbench.contenders=…}.
   */
  private static final List<String> PARTS = list("bench.parts", "small,4kB,latency");

  private static final List<String> CONTENDERS =
      list("bench.contenders", "relay,stock_debezium,pg_recvlogical,polling_outbox");

  private static final int[] RATES = {10, 1_000, 10_000};
  private static final Path RELAY = Path.of("outbox-relay/target/quarkus-app/quarkus-run.jar");
  private static final Path DIRECTORY = Path.of("target", "bench");

  private final PostgresServer postgres;
  private final KafkaServer kafka;
  private final Topics topics;
  private final Figures figures = new Figures("relay", QUICK);
  private final Path output = DIRECTORY.resolve("relay-children.log");
  private int run;

  private RelayBenchmark(PostgresServer postgres, KafkaServer kafka, Topics topics) {
    this.postgres = postgres;
    this.kafka = kafka;
    this.topics = topics;
  }

  public static void main(String[] arguments) throws Exception {
    // Kafka's clients tell at length how they are configured.
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
    Logger.getLogger("").setLevel(Level.WARNING);
    Logger.getLogger("org.apache.kafka.clients.admin").setLevel(Level.OFF);
    if (!Files.exists(RELAY)) {
      throw new IllegalStateException("the relay is not built: there is no " + RELAY);
    }
    Files.createDirectories(DIRECTORY);
    try (PostgresServer postgres =
            PostgresServer.start(
                PostgresOptions.throwaway()
                    .withSettings(
                        Map.of(
                            "max_wal_size",
                            "8GB",
                            "max_slot_wal_keep_size",
                            "-1",
                            "shared_buffers",
                            "512MB")));
        KafkaServer kafka =
            KafkaServer.start(
                KafkaOptions.throwaway()
                    .withJvm(List.of("-Xms512m", "-Xmx1g", "-XX:+UseSerialGC"))
                    .withSettings(kafkaSettings()));
        Topics topics = new Topics(kafka.bootstrapServers())) {
      RelayBenchmark benchmark = new RelayBenchmark(postgres, kafka, topics);
      for (int round = 0; round < ROUNDS; round++) {
        System.out.printf("round %d of %d%n", round + 1, ROUNDS);
        if (PARTS.contains("small")) {
          benchmark.drain(round, "small", EVENTS, 200);
        }
        if (PARTS.contains("4kB")) {
          benchmark.drain(round, "4kB", LARGE, 4_000);
        }
        if (PARTS.contains("latency")) {
          Disk.measure(benchmark.figures, DIRECTORY, DISK);
          benchmark.bareTransactions();
          benchmark.latency();
        }
      }
      benchmark.figures.print();
      benchmark.figures.write(DIRECTORY.resolve("relay.json"), ROUNDS);
    }
  }

  private static List<String> list(String property, String all) {
    return List.of(System.getProperty(property, all).split(","));
  }

  /** Settings of the broker can be tried with {@code -Dbench.kafka.<name>=…}. */
  private static Map<String, String> kafkaSettings() {
    Map<String, String> settings = new HashMap<>(Map.of("log.segment.delete.delay.ms", "1000"));
    System.getProperties()
        .forEach(
            (key, value) -> {
              if (key.toString().startsWith("bench.kafka.")) {
                settings.put(key.toString().substring("bench.kafka.".length()), value.toString());
              }
            });
    return settings;
  }

  /** Every contender drains the same log, each in its turn, in another order each round. */
  private void drain(int round, String size, int events, int bytes) throws Exception {
    String name = "drain" + ++run;
    try (EventLog log = EventLog.create(postgres, name)) {
      log.slot(name + "_relay");
      log.slot(name + "_stock");
      log.slot(name + "_raw");
      log.fill(name, events, bytes);
      log.copyToOutbox();
      log.execute("CHECKPOINT");
      Map<String, Topics.Rate> rates = new HashMap<>();
      List<String> contenders = new ArrayList<>(CONTENDERS);
      Collections.rotate(contenders, round);
      for (String contender : contenders) {
        Topics.Rate rate =
            switch (contender) {
              case "relay" -> relay(log, name + ".events", events);
              case "stock_debezium" ->
                  publisher(StockDebezium.class, log, name + ".stock", "_stock", events);
              case "polling_outbox" ->
                  publisher(PollingOutbox.class, log, name + ".polling", "", events);
              default -> raw(log, events);
            };
        rates.put(contender, rate);
        figures.add("drain %s %s".formatted(size, contender), "events/s", rate.whole());
        figures.add("drain %s %s, warm".formatted(size, contender), "events/s", rate.warm());
      }
      String suffix = size.equals("small") ? "" : "_" + size;
      rates.forEach(
          (peer, rate) -> {
            if (!peer.equals("relay")) {
              figures.ratio("drain_vs_" + peer + suffix, rates.get("relay").whole() / rate.whole());
            }
          });
    }
  }

  private Topics.Rate relay(EventLog log, String topic, int events) throws Exception {
    topics.create(topic);
    try (Relay relay = new Relay(log, log.name() + "_relay")) {
      Topics.Rate rate = topics.follow(topic, events);
      cpu("relay", relay.cpu(), events);
      topics.verify(topic, events);
      return rate;
    } finally {
      topics.delete(topic);
    }
  }

  private Topics.Rate publisher(Class<?> main, EventLog log, String topic, String slot, int events)
      throws Exception {
    topics.create(topic);
    try (Child child =
        Child.start(
            output,
            Map.of(
                "bench.database",
                postgres.jdbcUrl(log.name()),
                "bench.kafka",
                kafka.bootstrapServers(),
                "bench.topic",
                topic,
                "bench.slot",
                log.name() + slot),
            main)) {
      Topics.Rate rate = topics.follow(topic, events);
      cpu(main.getSimpleName(), child.cpu(), events);
      topics.verify(topic, events);
      return rate;
    } finally {
      topics.delete(topic);
    }
  }

  /** Says more than the rate when others use the machine; the start of the JVM is part of it. */
  private void cpu(String contender, Duration used, int events) {
    figures.add("cpu of " + contender + " for an event", "µs", used.toNanos() / 1e3 / events);
  }

  private Topics.Rate raw(EventLog log, int events) throws Exception {
    Path result = DIRECTORY.resolve("raw.txt");
    try (Child child =
        Child.start(
            output,
            Map.of(
                "bench.database",
                postgres.jdbcUrl(log.name()),
                "bench.slot",
                log.name() + "_raw",
                "bench.events",
                Integer.toString(events),
                "bench.result",
                result.toString()),
            RawReplication.class)) {
      if (child.waitFor(Duration.ofMinutes(10)) != 0) {
        throw new IllegalStateException("the raw reader failed, see " + output);
      }
    }
    String[] rates = Files.readString(result).split(" ");
    return new Topics.Rate(Double.parseDouble(rates[0]), Double.parseDouble(rates[1]));
  }

  /** The limit for the relay's latency, of this broker in this minute. */
  private void bareTransactions() throws Exception {
    String topic = "bare" + ++run;
    topics.create(topic);
    topics.create(topic + ".position");
    try {
      Latency.Result result =
          new BareTransactions(topics, kafka.bootstrapServers(), topic)
              .measure(1_000, LATENCY.dividedBy(2), LATENCY.dividedBy(2));
      figures.add("bare transactions p50 at 1,000/s", "ms", result.p50());
      figures.add("bare transactions p99 at 1,000/s", "ms", result.p99());
    } finally {
      topics.delete(topic);
      topics.delete(topic + ".position");
    }
  }

  private void latency() throws Exception {
    String name = "latency" + ++run;
    String topic = name + ".events";
    topics.create(topic);
    try (EventLog events = EventLog.create(postgres, name)) {
      events.slot(name);
      try (Relay relay = new Relay(events, name).awaitRole("active");
          Relay _ = new Relay(events, name).awaitRole("standby");
          KafkaConsumer<String, byte[]> consumer = topics.consumer()) {
        consumer.assign(Topics.partitions(topic));
        Latency latency = new Latency(events, name);
        latency.measure(consumer, 1_000, LATENCY);
        for (int rate : RATES) {
          Latency.Result result = latency.measure(consumer, rate, LATENCY);
          figures.add("commit to Kafka p50 at %,d/s".formatted(rate), "ms", result.p50());
          figures.add("commit to Kafka p99 at %,d/s".formatted(rate), "ms", result.p99());
        }
        Thread.sleep(1_000);
        Duration before = relay.cpu();
        Thread.sleep(IDLE);
        figures.add(
            "idle", "% of a core", 100.0 * relay.cpu().minus(before).toNanos() / IDLE.toNanos());
        long killed = System.nanoTime();
        relay.kill();
        latency.measure(consumer, 1, Duration.ofSeconds(1));
        figures.add("takeover after SIGKILL", "ms", (System.nanoTime() - killed) / 1e6);
      }
    } finally {
      topics.delete(topic);
    }
  }

  /** The relay as it is packaged. */
  private final class Relay implements AutoCloseable {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Child child;
    private final int port;

    Relay(EventLog events, String slot) throws IOException {
      try (ServerSocket socket = new ServerSocket(0)) {
        port = socket.getLocalPort();
      }
      Map<String, String> settings = new HashMap<>();
      settings.put("quarkus.http.port", Integer.toString(port));
      settings.put("headrace.database.host", postgres.host());
      settings.put("headrace.database.port", Integer.toString(postgres.port()));
      settings.put("headrace.database.name", events.name());
      settings.put("headrace.database.user", "postgres");
      settings.put("headrace.database.password", "postgres");
      settings.put("headrace.relay.slot", slot);
      settings.put("kafka.bootstrap.servers", kafka.bootstrapServers());
      System.getProperties()
          .forEach(
              (key, value) -> {
                if (key.toString().startsWith("headrace.relay.")) {
                  settings.put(key.toString(), value.toString());
                }
              });
      child = Child.start(output, settings, List.of("-jar", RELAY.toString()));
    }

    Relay awaitRole(String role) throws InterruptedException {
      long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (!readiness().contains("\"role\": \"" + role + "\"")) {
        if (System.nanoTime() > deadline || !child.isAlive()) {
          throw new IllegalStateException("the relay does not become " + role + ", see " + output);
        }
        Thread.sleep(50);
      }
      return this;
    }

    private String readiness() throws InterruptedException {
      try {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/q/health/ready"))
                    .build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
      } catch (IOException _) {
        return "";
      }
    }

    Duration cpu() {
      return child.cpu();
    }

    void kill() {
      child.close();
    }

    @Override
    public void close() {
      kill();
    }
  }
}
