package io.headrace.command.platform.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two replicas of the service and one PostgreSQL, all processes, some of them killed while many
 * clients send commands for few streams to both. {@code -Dheadrace.history.commands=…} makes it
 * longer.
 */
class HistoryIT {

  private static final int COMMANDS = Integer.getInteger("headrace.history.commands", 1500);
  private static final int RESTARTS = Integer.getInteger("headrace.history.restarts", 20);
  private static final int POOL = 8;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private static PostgresServer postgres;
  private static List<Replica> replicas;

  @BeforeAll
  static void start() {
    postgres = PostgresServer.start(PostgresOptions.throwaway());
    Map<String, String> configuration =
        Map.of(
            "headrace.database.host",
            postgres.host(),
            "headrace.database.port",
            Integer.toString(postgres.port()),
            "headrace.process.enabled",
            "false",
            "headrace.log.json",
            "false");
    replicas = List.of(Replica.start(configuration), Replica.start(configuration));
    replicas.forEach(Replica::awaitReady);
  }

  @AfterAll
  static void stop() {
    replicas.forEach(Replica::close);
    postgres.close();
  }

  @Test
  void a_replica_that_is_killed_takes_no_acknowledged_command_with_it() throws Exception {
    try (var load = new Load(replicas, 12, 6)) {
      awaitCommands(load, COMMANDS / 3);
      replicas.getFirst().kill();
      awaitCommands(load, 2 * COMMANDS / 3);
      replicas.getFirst().start();
      replicas.getFirst().awaitReady();
      awaitCommands(load, COMMANDS);
      load.stop();
      try (Connection connection = postgres.connect(PostgresServer.COMMANDS)) {
        load.history().verify(connection, load.streams());
        aLostEventWouldBeNoticed(connection, load);
      }
    }
  }

  /**
   * The checker checks: it does not pass a log that lacks one event at the end of one stream.
   * {@link HistoryTest} shows it the other ways in which a log can be wrong.
   */
  private static void aLostEventWouldBeNoticed(Connection connection, Load load)
      throws SQLException {
    connection.setAutoCommit(false);
    // Of this load: to lose an event of the other test's would prove nothing.
    try (PreparedStatement statement =
        connection.prepareStatement(
            "DELETE FROM event_log WHERE (stream_id, stream_version) IN"
                + " (SELECT stream_id, version FROM stream WHERE stream_id = ANY (?) LIMIT 1)")) {
      statement.setArray(1, connection.createArrayOf("text", load.streams().toArray()));
      assertThat(statement.executeUpdate()).isEqualTo(1);
      assertThatThrownBy(() -> load.history().verify(connection, load.streams()))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("acknowledged");
    }
    connection.rollback();
  }

  @Test
  void a_database_that_is_restarted_again_and_again_costs_time_and_nothing_else() throws Exception {
    double[] threads = new double[replicas.size()];
    long[] sockets = new long[replicas.size()];
    try (var load = new Load(replicas, 12, 6)) {
      awaitCommands(load, 300);
      for (int i = 0; i < threads.length; i++) {
        threads[i] = replicas.get(i).metric("jvm_threads_live_threads");
        sockets[i] = replicas.get(i).sockets();
      }
      for (int i = 0; i < RESTARTS; i++) {
        if (i % 2 == 0) {
          postgres.stop();
        } else {
          postgres.kill();
        }
        postgres.start();
        // Until commands are accepted again: the breaker has closed.
        awaitCommands(load, load.history().accepted() + 20);
      }
      load.stop();
      try (Connection connection = postgres.connect(PostgresServer.COMMANDS)) {
        load.history().verify(connection, load.streams());
      }
      assertThat(load.unavailable("none")).as("refused while it was away").isPositive();
    }
    for (int i = 0; i < threads.length; i++) {
      Replica replica = replicas.get(i);
      double before = threads[i];
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(replica.metric("jvm_threads_live_threads"))
                      .isLessThanOrEqualTo(before + 10));
      assertThat(replica.metric("headrace_command_queue")).isZero();
      // The pool may have grown since; a session left behind at each restart would be too many.
      long most = sockets[i] + POOL;
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(replica.sockets()).isLessThanOrEqualTo(most));
    }
    assertThat(sessions()).isLessThanOrEqualTo(2L * POOL);
  }

  /** Clients of both have nothing in mind but one stream. */
  @Test
  void no_replica_keeps_another_from_its_turn_on_a_hot_stream() throws Exception {
    String shipment = "/shipping/shipments/" + UUID.randomUUID() + "/";
    Replica one = replicas.getFirst();
    assertThat(one.command(shipment + "request-shipment", "{\"orderId\":\"o\"}")).isEqualTo(201);
    double conflicts = -all("headrace_append_conflicts_total");
    double locks = -all("headrace_append_locks_total");
    List<Future<Set<Integer>>> answers = new ArrayList<>();
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 16; i++) {
        Replica replica = replicas.get(i % replicas.size());
        answers.add(
            clients.submit(
                () -> {
                  Set<Integer> statuses = new HashSet<>();
                  for (int n = 0; n < 300; n++) {
                    statuses.add(replica.command(shipment + "dispatch-shipment", "{}"));
                    statuses.add(
                        replica.command(shipment + "fail-shipment", "{\"reason\":\"none\"}"));
                  }
                  return statuses;
                }));
      }
    }
    for (Future<Set<Integer>> statuses : answers) {
      assertThat(statuses.get()).as("never 409, contended").containsExactly(200);
    }
    assertThat(conflicts + all("headrace_append_conflicts_total"))
        .as("they were in each other's way")
        .isPositive();
    assertThat(locks + all("headrace_append_locks_total")).as("took turns").isPositive();
  }

  private static double all(String metric) {
    return replicas.stream().mapToDouble(replica -> replica.metric(metric)).sum();
  }

  private static void awaitCommands(Load load, long number) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> load.history().accepted() >= number);
  }

  private static long sessions() throws SQLException {
    try (Connection connection = postgres.connect(PostgresServer.COMMANDS);
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'headrace_command'")) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
