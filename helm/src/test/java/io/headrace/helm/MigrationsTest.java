package io.headrace.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.headrace.helm.Chart.Pod;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The databases of docs/operate.md, the migrations as the chart's Jobs run them, and a service as
 * its Deployment runs it: the variables are the chart's, but for the places of the servers.
 */
@TestMethodOrder(OrderAnnotation.class)
class MigrationsTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final List<String> ROLES =
      List.of(
          "headrace_owner",
          "headrace_command",
          "headrace_relay",
          "headrace_projection",
          "headrace_query");

  /** What is in the Secrets; the passwords are the names of the roles. */
  private static final Map<String, String> SECRETS =
      Map.of(
          "hr-headrace-consistency", "a key",
          "pg-owner", "headrace_owner",
          "pg-command", "headrace_command",
          "pg-relay", "headrace_relay",
          "pg-projection", "headrace_projection",
          "pg-query", "headrace_query");

  @TempDir static Path logs;

  private static PostgresServer postgres;
  private final List<JsonObject> resources = Chart.resources("existing");

  @BeforeAll
  static void a_server_on_which_an_operator_ran_the_sql() throws Exception {
    postgres = PostgresServer.start(PostgresOptions.throwaway());
    try (Connection connection = postgres.connect("postgres");
        Statement statement = connection.createStatement()) {
      // What the local stack makes by itself goes first.
      for (String database : List.of(PostgresServer.COMMANDS, PostgresServer.VIEWS)) {
        statement.execute("DROP DATABASE " + database);
      }
      for (String role : ROLES) {
        statement.execute("DROP ROLE " + role);
      }
      String sql = Files.readString(Chart.ROOT.resolve("files/databases.sql"));
      for (String each : sql.replaceAll("(?m)^--.*$", "").split(";")) {
        if (!each.isBlank()) {
          statement.execute(each);
        }
      }
      for (String role : ROLES) {
        statement.execute("ALTER ROLE %s PASSWORD '%1$s'".formatted(role));
      }
    }
  }

  @AfterAll
  static void stop() {
    postgres.close();
  }

  @Test
  @Order(1)
  void a_job_with_a_wrong_password_or_address_or_in_clear_text_fails_and_says_so()
      throws Exception {
    Map<String, String> password = environment(job("commands"));
    password.put("HEADRACE_MIGRATION_PASSWORD", "wrong");
    password.put("QUARKUS_FLYWAY_CONNECT_RETRIES", "0");
    Map<String, String> address = environment(job("views"));
    address.put("HEADRACE_VIEWS_PORT", "1");
    address.put("QUARKUS_FLYWAY_CONNECT_RETRIES", "0");
    Map<String, String> encryption = environment(job("commands"));
    encryption.put("HEADRACE_DATABASE_SSL_MODE", "verify-full");
    encryption.put("QUARKUS_FLYWAY_CONNECT_RETRIES", "0");
    Process clear = start("command-service", encryption, "clear-text");
    Process commands = start("command-service", password, "wrong-password");
    Process views = start("projection-worker", address, "wrong-address");

    assertThat(commands.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(views.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(commands.exitValue()).isNotZero();
    assertThat(views.exitValue()).isNotZero();
    assertThat(log("wrong-password"))
        .contains("password authentication failed for user \\\"headrace_owner\\\"");
    assertThat(clear.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(clear.exitValue()).isNotZero();
    assertThat(log("clear-text")).contains("The server does not support SSL.");
    assertThat(log("wrong-address")).contains("Connection to 127.0.0.1:1 refused");
  }

  @Test
  @Order(2)
  void the_jobs_migrate_and_end() throws Exception {
    Process commands = start("command-service", environment(job("commands")), "commands");
    Process views = start("projection-worker", environment(job("views")), "views");

    assertThat(commands.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(views.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(commands.exitValue()).as(log("commands")).isZero();
    assertThat(views.exitValue()).as(log("views")).isZero();
    assertThat(count(PostgresServer.COMMANDS, "headrace_command", "event_log")).isZero();
    assertThat(count(PostgresServer.VIEWS, "headrace_query", "orders")).isZero();
    assertThat(count(PostgresServer.COMMANDS, "postgres", "pg_replication_slots")).isOne();
  }

  @Test
  @Order(3)
  void a_service_starts_without_the_owners_password_and_migrates_nothing() throws Exception {
    int port = freePort();
    Map<String, String> environment =
        environment(
            pod("Deployment/hr-headrace-command-service"),
            Chart.named(resources, "ConfigMap", "hr-headrace-command-service"));
    environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
    environment.put("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1");
    Process service = start("command-service", environment, "service");
    try {
      URI ready = URI.create("http://127.0.0.1:" + port + "/q/health/ready");
      try (HttpClient client = HttpClient.newHttpClient()) {
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(500))
            .ignoreExceptions()
            .untilAsserted(
                () ->
                    assertThat(
                            client
                                .send(
                                    HttpRequest.newBuilder(ready).build(), BodyHandlers.ofString())
                                .statusCode())
                        .isEqualTo(200));
      }
      assertThat(log("service")).doesNotContain("Migrating schema", "Schema \\\"public\\\"");
    } finally {
      service.destroy();
      service.waitFor(30, TimeUnit.SECONDS);
      service.destroyForcibly();
    }
  }

  private Pod job(String database) {
    return pod("Job/hr-headrace-migrate-" + database);
  }

  private Pod pod(String id) {
    return Chart.pods(resources).stream()
        .filter(each -> each.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> environment(Pod pod, JsonObject... maps) {
    Map<String, String> environment = new TreeMap<>();
    for (JsonObject map : maps) {
      map.getAsJsonObject("data")
          .entrySet()
          .forEach(each -> environment.put(each.getKey(), each.getValue().getAsString()));
    }
    JsonObject container = pod.containers().findFirst().orElseThrow();
    for (JsonElement each : container.getAsJsonArray("env")) {
      JsonElement value = Chart.at(each, "value");
      environment.put(
          each.getAsJsonObject().get("name").getAsString(),
          value == null
              ? SECRETS.get(Chart.at(each, "valueFrom/secretKeyRef/name").getAsString())
              : value.getAsString());
    }
    for (String place : List.of("HEADRACE_DATABASE", "HEADRACE_VIEWS")) {
      environment.computeIfPresent(place + "_HOST", (_, _) -> "127.0.0.1");
      environment.computeIfPresent(place + "_PORT", (_, _) -> Integer.toString(postgres.port()));
    }
    return environment;
  }

  private static Process start(String service, Map<String, String> environment, String log)
      throws IOException {
    Path jar = Service.named(service).jar();
    assertThat(jar).as("build the services first: make build").exists();
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-jar",
                jar.toString())
            .redirectErrorStream(true)
            .redirectOutput(logs.resolve(log).toFile());
    process.environment().keySet().removeIf(each -> each.matches("(HEADRACE|QUARKUS|KAFKA)_.*"));
    process.environment().putAll(environment);
    Process started = process.start();
    // It must not outlive the tests, however they end.
    Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
    return started;
  }

  private static String log(String name) throws IOException {
    return Files.readString(logs.resolve(name));
  }

  private static long count(String database, String role, String table) throws SQLException {
    try (Connection connection = postgres.connect(database, role);
        var rows = connection.createStatement().executeQuery("SELECT count(*) FROM " + table)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
