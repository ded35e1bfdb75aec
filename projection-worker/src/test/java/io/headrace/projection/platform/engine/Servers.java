package io.headrace.projection.platform.engine;

import io.headrace.localstack.KafkaOptions;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.headrace.projection.contexts.ordering.OrdersView;
import io.headrace.projection.contexts.sample.AccountsView;
import io.headrace.projection.platform.engine.Environment.Relay;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/**
 * One PostgreSQL and one Kafka that tests may kill, with the tables of all views, their topics, and
 * the event log; for the whole JVM. Each test class keeps to its own view.
 */
final class Servers {

  private static Servers running;

  final PostgresServer postgres;
  final KafkaServer kafka;
  final EventLogServer log;
  final Relay relay;
  final DataSource dataSource;

  private Servers() throws Exception {
    postgres =
        PostgresServer.start(
            // The least: so that a test can fill it.
            PostgresOptions.throwaway().withSettings(Map.of("max_notify_queue_pages", "64")));
    kafka =
        KafkaServer.start(
            KafkaOptions.throwaway()
                .withSettings(
                    Map.of(
                        "group.min.session.timeout.ms", "500",
                        "group.initial.rebalance.delay.ms", "0")));
    Flyway.configure()
        .dataSource(postgres.jdbcUrl(PostgresServer.VIEWS), "headrace_owner", "headrace_owner")
        .load()
        .migrate();
    log = new EventLogServer(postgres);
    dataSource = WorkerProcess.dataSource(postgres.jdbcUrl(PostgresServer.VIEWS));
    Set<String> topics = new HashSet<>(new CompiledView<>(new OrdersView()).topics());
    topics.addAll(new CompiledView<>(new AccountsView()).topics());
    Environment.createTopics(kafka.bootstrapServers(), topics);
    relay = new Relay(kafka.bootstrapServers(), "test-relay");
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  static synchronized Servers get() throws Exception {
    if (running == null) {
      running = new Servers();
    }
    return running;
  }

  private void close() {
    log.close();
    relay.close();
    kafka.close();
    postgres.close();
  }

  /** Into the log, and then to Kafka. */
  void publish(List<Published> events) throws SQLException {
    EventLogServer.append(postgres, events);
    relay.publish(events);
  }

  Connection reader() throws SQLException {
    return postgres.connect(PostgresServer.VIEWS, "headrace_query");
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = postgres.connect(PostgresServer.VIEWS)) {
      connection.createStatement().execute(sql);
    }
  }

  String ask(String sql) throws SQLException {
    try (Connection connection = postgres.connect(PostgresServer.VIEWS);
        var results = connection.createStatement().executeQuery(sql)) {
      return results.next() ? results.getString(1) : null;
    }
  }
}
