package io.headrace.relay.platform;

import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.localstack.KafkaOptions;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.Ports;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.Certificate;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.relay.platform.testing.EventLog;
import io.headrace.relay.platform.testing.RelayProcess;
import io.headrace.relay.platform.testing.Relays;
import io.headrace.relay.platform.testing.Topic;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefusalIT {

  @Test
  void a_row_that_is_no_event_stops_the_relay_before_it_and_says_which() throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "poison");
    log.append(50);
    log.execute(
        """
        INSERT INTO event_log VALUES
          ('bad-stream', 1, 'poison', 'poison.Bad.v1', 'bad', 0, '{"ce_tenant": {"secret": 1}}', '{}')
        """);
    log.append(50);
    try (RelayProcess relay = Relays.start(log)) {
      relay.awaitRole("refused");
      assertThat(relay.readinessStatus()).isEqualTo(503);
      assertThat(relay.readiness())
          .containsPattern("the change at [0-9A-F]+/[0-9A-F]+ \\(event bad-stream@1\\)")
          .contains("its metadata has no text at ce_tenant")
          .doesNotContain("secret");
      assertThat(read(log, 50)).hasSize(50);

      assertThat(relay.post("/relay/parked", "{\"event\": \"bad-stream@1\"}").statusCode())
          .as("nobody, for no reason")
          .isEqualTo(400);
      HttpResponse<String> other = relay.post("/relay/parked", park("bad-stream@2"));
      assertThat(other.statusCode()).isEqualTo(409);
      assertThat(other.body()).contains("The relay has stopped before the event bad-stream@1");
      assertThat(relay.post("/relay/parked", park("bad-stream@1")).statusCode()).isEqualTo(201);

      Map<String, Long> rows = log.rows();
      rows.remove("bad-stream@1");
      Topic.assertHoldsExactly(rows, read(log, 100));
      assertThat(relay.show("/relay/parked"))
          .contains("\"event\":\"bad-stream@1\"")
          .contains("\"by\":\"ada\"")
          .contains("\"reason\":\"made by hand\"")
          .contains("its metadata has no text at ce_tenant")
          .doesNotContain("secret");
      assertThat(relay.log()).contains("ada parked the event bad-stream@1");
    }
  }

  private static String park(String event) {
    return "{\"event\": \"%s\", \"by\": \"ada\", \"reason\": \"made by hand\"}".formatted(event);
  }

  @Test
  void a_record_too_large_for_kafka_stops_the_relay_and_says_which() throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "huge");
    log.execute(
        """
        INSERT INTO event_log VALUES
          ('big-stream', 1, 'huge', 'huge.Big.v1', 'big', 0, '{}', repeat('x', 2000000))
        """);
    try (RelayProcess relay = Relays.start(log)) {
      relay.awaitRole("refused");
      assertThat(relay.readiness()).contains("event big-stream@1").contains("Kafka refused it");
    }
    // Limits that contradict each other are refused before any event meets them.
    try (RelayProcess relay = Relays.start(log, Map.of("headrace.relay.max-event-size", "2M"))) {
      relay.awaitRole("refused");
      assertThat(relay.readiness()).contains("but an event may need 2113536");
    }
    // The operator lets such records through, on both sides, and the relay goes on with it.
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", LocalStackResource.kafka().bootstrapServers()))) {
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, log.topic()),
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("max.message.bytes", "5000000"),
                          AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    try (RelayProcess relay =
        Relays.start(log, Map.of("headrace.relay.producer.\"max.request.size\"", "5000000"))) {
      assertThat(read(log, 1)).hasSize(1);
      assertThat(relay.readiness()).contains("\"role\": \"active\"");
    }
  }

  @Test
  void what_time_cannot_mend_ends_the_relay_with_a_sentence() throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "credentials");
    EventLog unmigrated = EventLog.database(LocalStackResource.postgres(), "unpublished");
    EventLog unpublished = EventLog.migrated(LocalStackResource.postgres(), "dropped");
    unpublished.execute("DROP PUBLICATION headrace");
    try (PostgresServer server =
            PostgresServer.start(
                PostgresOptions.throwaway().withSettings(Map.of("wal_level", "replica")));
        RelayProcess stranger =
            Relays.start(log, Map.of("headrace.database.password", "not-the-password"));
        RelayProcess writer =
            Relays.start(
                log,
                Map.of(
                    "headrace.database.user", "headrace_command",
                    "headrace.database.password", "headrace_command"));
        RelayProcess early =
            Relays.start(unmigrated, Map.of("headrace.relay.migration-patience", "1s"));
        RelayProcess late = Relays.start(unpublished);
        RelayProcess physical =
            Relays.start(
                EventLog.database(server, "physical"),
                Map.of("headrace.database.port", Integer.toString(server.port())))) {
      assertThat(stranger.awaitExit()).isEqualTo(1);
      assertThat(stranger.log())
          .contains("does not let the role headrace_relay into the database credentials")
          .doesNotContain("not-the-password");
      assertThat(writer.awaitExit()).isEqualTo(1);
      assertThat(writer.log())
          .contains("the role headrace_command lacks the REPLICATION attribute");
      assertThat(early.awaitExit()).isEqualTo(1);
      assertThat(early.log()).contains("the publication headrace does not exist");
      assertThat(late.awaitExit()).isEqualTo(1);
      assertThat(late.log())
          .contains("the publication headrace does not exist, but the slot dropped does");
      assertThat(physical.awaitExit()).isEqualTo(1);
      assertThat(physical.log()).contains("wal_level=logical, but it runs with wal_level=replica");
    }
  }

  @Test
  void what_kafka_does_not_allow_ends_the_relay_with_a_sentence() throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "allowed");
    int port = Ports.free();
    int controller = Ports.free();
    int guarded = Ports.free();
    KafkaOptions options =
        KafkaOptions.throwaway()
            .withPorts(port, controller)
            .withSettings(
                Map.of(
                    "listeners",
                    "PLAINTEXT://127.0.0.1:%d,GUARDED://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d"
                        .formatted(port, guarded, controller),
                    "advertised.listeners",
                    "PLAINTEXT://127.0.0.1:%d,GUARDED://127.0.0.1:%d".formatted(port, guarded),
                    "listener.security.protocol.map",
                    "PLAINTEXT:PLAINTEXT,GUARDED:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                    "sasl.enabled.mechanisms",
                    "PLAIN",
                    "listener.name.guarded.plain.sasl.jaas.config",
                    "org.apache.kafka.common.security.plain.PlainLoginModule required user_relay=\"let-me-in\";",
                    "authorizer.class.name",
                    "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                    "super.users",
                    "User:ANONYMOUS"));
    try (KafkaServer _ = KafkaServer.start(options);
        RelayProcess unknown = Relays.start(log, sasl(guarded, "not-the-password"));
        RelayProcess powerless = Relays.start(log, sasl(guarded, "let-me-in"))) {
      assertThat(unknown.awaitExit()).isEqualTo(1);
      assertThat(unknown.log())
          .contains("Kafka does not let the relay in: ")
          .contains("Invalid username or password")
          .doesNotContain("not-the-password")
          .doesNotContain("SaslAuthenticationException");
      assertThat(powerless.awaitExit()).isEqualTo(1);
      assertThat(powerless.log())
          .contains("Kafka does not let the relay do its work: ")
          .contains("cannot create the topic headrace.relay.offsets: Authorization failed");
    }
  }

  /** Of the slot's connection, Debezium is the client. */
  @Test
  void a_log_is_streamed_in_secret_from_a_server_that_is_trusted_and_from_no_other(
      @TempDir Path folder) throws Exception {
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "secretly");
    Certificate certificate = Certificate.of("localhost", folder);
    certificate.serve(LocalStackResource.postgres());
    Certificate other = Certificate.of("localhost", folder);
    log.append(10);
    try (RelayProcess relay = Relays.start(log, trusting(certificate));
        RelayProcess deceived = Relays.start(log, trusting(other))) {
      assertThat(read(log, 10)).hasSize(10);
      relay.awaitRole("active");
      // The superuser is told of the sessions of others.
      try (Connection connection = LocalStackResource.postgres().connect(log.name());
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  """
                  SELECT s.ssl
                    FROM pg_replication_slots r
                    JOIN pg_stat_ssl s ON s.pid = r.active_pid
                   WHERE r.slot_name = 'secretly'""")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getBoolean(1)).isTrue();
      }

      assertThat(deceived.awaitExit()).isEqualTo(1);
      assertThat(deceived.log())
          .contains("the relay does not go on: PostgreSQL at localhost:")
          .contains(
              "has a certificate that the authority in %s does not vouch for: "
                  .formatted(other.file()))
          .doesNotContain("SSLHandshakeException");
    }
  }

  private static Map<String, String> trusting(Certificate certificate) {
    return Map.of(
        "headrace.database.host",
        "localhost",
        "headrace.database.ssl.mode",
        "verify-full",
        "headrace.database.ssl.ca",
        certificate.file().toString());
  }

  private static Map<String, String> sasl(int port, String password) {
    return Map.of(
        "kafka.bootstrap.servers",
        "127.0.0.1:" + port,
        "kafka.security.protocol",
        "SASL_PLAINTEXT",
        "kafka.sasl.mechanism",
        "PLAIN",
        "kafka.sasl.jaas.config",
        "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"relay\" password=\"%s\";"
            .formatted(password));
  }

  @Test
  void an_idle_slot_lets_go_of_the_log_that_other_databases_write() throws Exception {
    EventLog other = EventLog.database(LocalStackResource.postgres(), "other");
    EventLog log = EventLog.migrated(LocalStackResource.postgres(), "idle");
    log.append(10);
    try (RelayProcess relay = Relays.start(log)) {
      assertThat(read(log, 10)).hasSize(10);
      other.execute("CREATE TABLE noise AS SELECT repeat('x', 100) FROM generate_series(1, 20000)");
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(
                          Long.parseLong(
                              log.query(
                                  "SELECT (pg_current_wal_lsn() - confirmed_flush_lsn)::bigint FROM pg_replication_slots WHERE slot_name = 'idle'")))
                      .isLessThan(10_000));
      // A restart from a position that a message moved, not an event.
      relay.terminate();
    }
    log.append(10);
    try (RelayProcess relay = Relays.start(log)) {
      Topic.assertHoldsExactly(log.rows(), read(log, 20));
      assertThat(relay.metrics()).contains("headrace_relay_retained_bytes");
      assertThat(log.query("SELECT failover FROM pg_replication_slots WHERE slot_name = 'idle'"))
          .as("carried over to standbys")
          .isEqualTo("t");
    }
  }

  private static List<ConsumerRecord<String, byte[]>> read(EventLog log, int expected) {
    return Topic.read(
        LocalStackResource.kafka().bootstrapServers(),
        log.topic(),
        expected,
        Duration.ofSeconds(40));
  }
}
