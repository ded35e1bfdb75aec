package io.headrace.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.headrace.localstack.KafkaOptions;
import io.headrace.localstack.KafkaServer;
import io.headrace.localstack.PostgresOptions;
import io.headrace.localstack.PostgresServer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The JVM images in hardened containers, with real servers: {@code make image-test}. */
@Tag("image-test")
class ImagesTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String MEMORY = "512m";
  private static final long LIMIT = 512L * 1024 * 1024;
  private static final String ORDER =
      """
      {"customerId": "ada", "lines": [{"productId": "lamp", "sellerId": "northern-lights", "quantity": 1,
       "unitPrice": {"amount": "49.90", "currency": "BRL"}, "freight": {"amount": "12.50", "currency": "BRL"}}]}
      """;

  static final List<String> SERVICES = Checkout.SERVICES;

  private static final Map<String, Container> CONTAINERS = new LinkedHashMap<>();
  private static PostgresServer postgres;
  private static KafkaServer kafka;

  @BeforeAll
  static void start() {
    postgres = PostgresServer.start(PostgresOptions.throwaway());
    kafka = KafkaServer.start(KafkaOptions.throwaway());
    for (String service : SERVICES) {
      CONTAINERS.put(service, container(service));
    }
    CONTAINERS.values().forEach(Container::awaitReady);
  }

  @AfterAll
  static void stop() {
    CONTAINERS.values().forEach(Container::close);
    kafka.close();
    postgres.close();
  }

  private static Container container(String service) {
    String port = String.valueOf(postgres.port());
    return Container.start(
        Checkout.jvm(service),
        MEMORY,
        Map.of(
            "HEADRACE_DATABASE_HOST",
            "127.0.0.1",
            "HEADRACE_DATABASE_PORT",
            port,
            "HEADRACE_VIEWS_HOST",
            "127.0.0.1",
            "HEADRACE_VIEWS_PORT",
            port,
            "KAFKA_BOOTSTRAP_SERVERS",
            kafka.bootstrapServers(),
            "HEADRACE_HTTP_DRAIN",
            "3S"));
  }

  @ParameterizedTest
  @FieldSource("SERVICES")
  void a_service_runs_as_nobody_with_nothing_but_tmp_to_write_to(String service)
      throws IOException {
    Container container = CONTAINERS.get(service);

    String status = container.proc("status");
    assertThat(status)
        .containsPattern("Uid:\\s+65532\\s+65532\\s+65532\\s+65532")
        .containsPattern("Gid:\\s+65532\\s+65532\\s+65532\\s+65532")
        .containsPattern("CapPrm:\\s+0000000000000000")
        .containsPattern("CapEff:\\s+0000000000000000")
        .containsPattern("CapBnd:\\s+0000000000000000")
        .containsPattern("NoNewPrivs:\\s+1");
    List<String> mounts = container.proc("mountinfo").lines().toList();
    assertThat(options(mounts, "/")).startsWith("ro,");
    assertThat(options(mounts, "/tmp")).startsWith("rw,");
  }

  private static String options(List<String> mounts, String place) {
    return mounts.stream()
        .map(line -> line.split(" "))
        .filter(line -> line[4].equals(place))
        .map(line -> line[5] + ",")
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @FieldSource("SERVICES")
  void there_is_no_shell(String service) {
    for (String shell : List.of("sh", "/bin/sh", "/bin/bash", "/usr/bin/dash", "/bin/busybox")) {
      assertThat(CONTAINERS.get(service).exec(shell, "-c", "exit 0").code()).as(shell).isNotZero();
    }
  }

  @ParameterizedTest
  @FieldSource("SERVICES")
  void the_probes_of_the_chart_are_answered(String service) {
    for (String probe : List.of("started", "live", "ready")) {
      assertThat(CONTAINERS.get(service).status("/q/health/" + probe)).as(probe).isEqualTo(200);
    }
  }

  @Test
  void a_command_reaches_the_view_through_the_four_containers() throws Exception {
    String order = "/ordering/orders/through/place-order";
    assertThat(CONTAINERS.get("command-service").post(order, ORDER).get().statusCode())
        .isEqualTo(201);

    await()
        .atMost(PATIENCE)
        .until(() -> CONTAINERS.get("query-service").status("/orders/through") == 200);
  }

  @ParameterizedTest
  @FieldSource("SERVICES")
  void the_heap_is_half_of_the_limit_and_the_process_stays_within_it(String service)
      throws Exception {
    Container container = CONTAINERS.get(service);
    if (service.equals("command-service")) {
      for (int i = 0; i < 20; i++) {
        placeMany(container, "load-" + i + "-", 100);
      }
    }

    double heap =
        container
            .get("/q/metrics")
            .body()
            .lines()
            .filter(line -> line.startsWith("jvm_memory_max_bytes{area=\"heap\""))
            .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
            .sum();
    assertThat(heap).isBetween(LIMIT * 0.4, LIMIT * 0.51);
    assertThat(container.inspect("HostConfig.Memory")).isEqualTo(String.valueOf(LIMIT));
    assertThat(container.inspect("State.OOMKilled")).isEqualTo("false");
    long resident =
        container
            .proc("status")
            .lines()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
            .findFirst()
            .orElseThrow();
    assertThat(resident).isLessThan(LIMIT);
  }

  private static void placeMany(Container commands, String prefix, int count) {
    CompletableFuture<?>[] all = new CompletableFuture<?>[count];
    Arrays.setAll(
        all,
        i ->
            commands
                .post("/ordering/orders/%s%d/place-order".formatted(prefix, i), ORDER)
                .thenAccept(answer -> assertThat(answer.statusCode()).isEqualTo(201)));
    CompletableFuture.allOf(all).join();
  }

  @Test
  void a_command_that_runs_at_sigterm_is_answered_and_its_connections_are_ended() throws Exception {
    try (Container commands = container("command-service")) {
      commands.awaitReady();
      CompletableFuture<HttpResponse<String>> running;
      try (Connection connection = postgres.connect(PostgresServer.COMMANDS);
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("LOCK TABLE stream IN EXCLUSIVE MODE");
        running = commands.post("/ordering/orders/at-sigterm/place-order", ORDER);
        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(20))
            .until(ImagesTest::commandWaits);

        commands.signal("TERM");

        await()
            .atMost(PATIENCE)
            .pollInterval(Duration.ofMillis(20))
            .ignoreException(IOException.class)
            .until(
                () -> commands.get("/q/health/live").headers().allValues("connection").toString(),
                connections -> connections.equals("[close]"));
        connection.rollback();
      }
      HttpResponse<String> answer = running.get(1, TimeUnit.MINUTES);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
      assertThat(commands.exitCode()).isEqualTo(143);
    }
  }

  private static boolean commandWaits() throws SQLException {
    try (Connection connection = postgres.connect("postgres");
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_stat_activity"
                    + " WHERE usename = 'headrace_command' AND wait_event_type = 'Lock'")) {
      row.next();
      return row.getLong(1) > 0;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"command-service", "query-service"})
  void a_connection_that_a_client_keeps_is_ended_by_an_answer_after_sigterm(String service)
      throws Exception {
    try (Container container = container(service);
        HttpClient client = HttpClient.newBuilder().version(Version.HTTP_1_1).build()) {
      container.awaitReady();
      assertThat(container.get(client, "/q/openapi").headers().allValues("connection")).isEmpty();

      container.signal("TERM");
      Thread.sleep(1_000); // The client has nothing to ask, and the service no request under way.

      HttpResponse<String> answer = container.get(client, "/q/openapi");
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().allValues("connection")).containsExactly("close");
      assertThat(container.exitCode()).isEqualTo(143);
    }
  }

  @Test
  void command_services_are_replaced_under_load_and_no_request_fails_and_no_event_is_lost()
      throws Exception {
    RollingLoad load =
        replaceUnderLoad(
            "command-service",
            (replica, client, id) ->
                replica.post(client, "/ordering/orders/" + id + "/place-order", ORDER));

    try (Connection connection = postgres.connect(PostgresServer.COMMANDS);
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(*), count(DISTINCT stream_id) FROM event_log"
                    + " WHERE stream_id LIKE 'order-rolling-%' AND stream_version = 1")) {
      row.next();
      assertThat(row.getInt(1)).isEqualTo(load.answered().size());
      assertThat(row.getInt(2)).isEqualTo(load.answered().size());
    }
  }

  @Test
  void query_services_are_replaced_under_load_and_no_request_fails() throws Exception {
    replaceUnderLoad(
        "query-service", (replica, client, _) -> replica.get(client, "/orders?limit=5"));
  }

  /** Two replicas by two others, one after another, as the chart does it. */
  private static RollingLoad replaceUnderLoad(String service, RollingLoad.Request request)
      throws InterruptedException {
    List<Container> all = new ArrayList<>(List.of(container(service), container(service)));
    try {
      all.forEach(Container::awaitReady);
      try (RollingLoad load = new RollingLoad(all, request)) {
        for (int i = 0; i < 2; i++) {
          Container old = all.get(i);
          Container fresh = container(service);
          all.add(fresh);
          fresh.awaitReady();
          load.replace(old, fresh);
          Thread.sleep(1_000); // As long as preStop, for one machine.
          old.signal("TERM");
          assertThat(old.exitCode()).as(old.log()).isEqualTo(143);
        }
        load.end();
        assertThat(load.failures()).isEmpty();
        assertThat(load.answered()).hasSizeGreaterThan(100);
        return load;
      }
    } finally {
      all.forEach(Container::close);
    }
  }

  @ParameterizedTest
  @FieldSource("SERVICES")
  void sigterm_ends_a_service_in_its_own_way(String service) {
    try (Container container = container(service)) {
      container.awaitReady();

      container.signal("TERM");

      assertThat(container.exitCode()).as(container.log()).isEqualTo(143);
    }
  }
}
