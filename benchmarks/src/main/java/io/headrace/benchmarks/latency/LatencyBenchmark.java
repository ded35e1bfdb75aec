package io.headrace.benchmarks.latency;

import io.headrace.benchmarks.latency.Journey.Times;
import io.headrace.benchmarks.latency.Journeys.LaggingException;
import io.headrace.benchmarks.report.Disk;
import io.headrace.benchmarks.report.Figures;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.Stack;
import io.headrace.localstack.StackOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Level;
import org.jboss.logmanager.Logger;
import org.jspecify.annotations.Nullable;

/**
 * {@code make bench-latency}: how long it takes from a command to the first answer that shows it,
 * over the whole platform as it is deployed, at several rates; with a consistency token and, for
 * comparison, by looking again and again.
 *
 * <p>Times are counted from the moment at which a command was due, so that one that waits behind a
 * slow one is slow too. The stages between come from what cannot slow it down: commit timestamps of
 * PostgreSQL, read afterwards, and a consumer beside the worker. All clocks are this machine's.
 */
public final class LatencyBenchmark {

  static {
    // Before anyone asks for a logger.
    System.setProperty("java.util.logging.manager", "org.jboss.logmanager.LogManager");
  }

  /** Kept, or its level would be forgotten with it. */
  private static final Logger KAFKA_CLIENT = Logger.getLogger("org.apache.kafka");

  /** How long a client without a token pauses before it looks again. */
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final boolean quick = "1".equals(System.getenv("QUICK"));
  private final int rounds = quick ? 1 : 5;
  private final Duration warmUp = Duration.ofSeconds(quick ? 3 : 10);

  /**
   * At a hundred commands a second it takes minutes until seven JVMs have compiled what they do.
   */
  private final Duration settling = Duration.ofSeconds(quick ? 10 : 180);

  private final Figures figures = new Figures("latency", quick);
  private final Stack stack;
  private final Arrivals arrivals;
  private int runs;

  private LatencyBenchmark(Stack stack, Arrivals arrivals) {
    this.stack = stack;
    this.arrivals = arrivals;
  }

  public static void main(String[] arguments) throws Exception {
    KAFKA_CLIENT.setLevel(Level.OFF);
    StackOptions options =
        StackOptions.throwaway(Path.of(""))
            .withJvm(
                List.of(
                    "-Xms256m",
                    "-Xmx512m",
                    "-XX:+UseSerialGC",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow"));
    Files.createDirectories(Path.of("target"));
    try (Stack stack = Stack.start(options, System.out::println)) {
      keepCommitTimes(stack);
      try (Arrivals arrivals = new Arrivals(stack.kafkaBootstrap())) {
        new LatencyBenchmark(stack, arrivals).run();
      }
    }
  }

  private static void keepCommitTimes(Stack stack) throws SQLException {
    try (Connection connection =
            stack.postgres().connect(PostgresServer.COMMANDS, PostgresServer.SUPERUSER);
        var statement = connection.createStatement()) {
      statement.execute("ALTER SYSTEM SET track_commit_timestamp = on");
    }
    stack.stop("postgres");
    stack.start("postgres");
    stack.awaitReady();
  }

  private void run() throws Exception {
    System.out.println("warming up");
    for (int rate : List.of(10, 25, 50, 100, 200)) {
      for (boolean withToken : List.of(true, false)) {
        warmUp(rate, withToken, warmUp);
      }
    }
    warmUp(100, true, settling);
    for (int round = 1; round <= rounds; round++) {
      System.out.printf("%nround %d of %d%n", round, rounds);
      Disk.measure(figures, stack.options().directory(), Duration.ofSeconds(quick ? 1 : 5));
      for (int rate : quick ? List.of(10, 100) : List.of(10, 100, 1_000)) {
        // As many at 10 a second as give a 99th percentile.
        Duration duration = Duration.ofSeconds(quick ? 5 : rate == 10 ? 20 : 10);
        for (boolean withToken : List.of(true, false)) {
          try {
            measure(rate, withToken, duration);
          } catch (LaggingException e) {
            System.out.printf(
                "  %d/s is more than the platform keeps up with: %s%n", rate, e.getMessage());
            figures.add(
                "lagged_at_%d%s".formatted(rate, withToken ? "" : "_by_looking"), "runs", 1);
            catchUp();
          }
        }
      }
    }
    figures.print();
    figures.write(Path.of("target", "bench", "latency.json"), rounds);
  }

  private void warmUp(int rate, boolean withToken, Duration duration) throws IOException {
    try {
      travel(rate, withToken, duration);
    } catch (LaggingException e) {
      catchUp();
    }
  }

  /** Until an order is seen again as soon as one expects. */
  private void catchUp() throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        travel(1, true, Duration.ofSeconds(1));
        return;
      } catch (LaggingException e) {
        if (attempt == 10) {
          throw e;
        }
      }
    }
  }

  private void measure(int rate, boolean withToken, Duration duration) throws Exception {
    List<Times> all = travel(rate, withToken, duration);
    if (all.size() != (int) (rate * duration.toSeconds())) {
      throw new IllegalStateException("orders are missing: %d of %s".formatted(all.size(), rate));
    }
    int refused = all.stream().mapToInt(each -> each.refused).sum();
    if (refused > 0) {
      System.out.printf("  %d queries were refused and sent again%n", refused);
    }
    String suffix = "_ms_at_" + rate;
    double[] seen = millis(all, each -> Objects.requireNonNull(each.seen));
    if (!withToken) {
      add("visible_by_looking", suffix, seen);
      figures.add(
          "looks_by_looking_at_" + rate,
          "requests",
          all.stream().mapToInt(each -> each.looks).average().orElse(0));
      return;
    }
    Map<String, Instant> logged =
        committed(PostgresServer.COMMANDS, "SELECT stream_id, xmin FROM event_log", all);
    Map<String, Instant> applied =
        committed(PostgresServer.VIEWS, "SELECT stream_id, xmin FROM view_stream", all);
    Map<String, Instant> arrived = arrivals.byStream();
    add("visible", suffix, seen);
    add("stage_logged", suffix, millis(all, each -> at(logged, each)));
    add("stage_answered", suffix, millis(all, each -> Objects.requireNonNull(each.answered)));
    add("stage_in_kafka", suffix, millis(all, each -> at(arrived, each)));
    add("stage_applied", suffix, millis(all, each -> at(applied, each)));
    // From the commit of the row, or the answer to the command if that came later.
    double[] read =
        all.stream()
            .mapToDouble(
                each -> {
                  Instant answered = Objects.requireNonNull(each.answered);
                  Instant from = at(applied, each);
                  return millis(from.isAfter(answered) ? from : answered, each.seen);
                })
            .toArray();
    add("stage_read", suffix, read);
  }

  private List<Times> travel(int rate, boolean withToken, Duration duration) throws IOException {
    return new Journeys(stack.commandUrl(), stack.queryUrl(), withToken, PAUSE)
        .run("b%d-".formatted(++runs), duration, rate);
  }

  private void add(String stage, String suffix, double[] millis) {
    Arrays.sort(millis);
    figures.add(stage + "_p50" + suffix, "ms", percentile(millis, 0.50));
    figures.add(stage + "_p99" + suffix, "ms", percentile(millis, 0.99));
  }

  private static double percentile(double[] sorted, double part) {
    return sorted[(int) Math.min(sorted.length - 1L, Math.round(part * (sorted.length - 1)))];
  }

  private interface Stage {
    Instant of(Times order);
  }

  private static double[] millis(List<Times> all, Stage stage) {
    return all.stream().mapToDouble(each -> millis(each.due, stage.of(each))).toArray();
  }

  private static double millis(Instant from, @Nullable Instant to) {
    return Duration.between(from, Objects.requireNonNull(to)).toNanos() / 1e6;
  }

  private static Instant at(Map<String, Instant> times, Times order) {
    Instant time = times.get("order-" + order.orderId);
    if (time == null) {
      throw new IllegalStateException("no trace of " + order.orderId);
    }
    return time;
  }

  private Map<String, Instant> committed(String database, String rows, List<Times> orders)
      throws SQLException {
    Map<String, Instant> committed = new HashMap<>();
    try (Connection connection = stack.postgres().connect(database, PostgresServer.SUPERUSER);
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT stream_id, pg_xact_commit_timestamp(xmin) FROM ("
                    + rows
                    + ") AS r WHERE stream_id = ANY(?)")) {
      statement.setArray(
          1,
          connection.createArrayOf(
              "text", orders.stream().map(each -> "order-" + each.orderId).toArray()));
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          committed.put(
              results.getString(1), results.getObject(2, OffsetDateTime.class).toInstant());
        }
      }
    }
    return committed;
  }
}
