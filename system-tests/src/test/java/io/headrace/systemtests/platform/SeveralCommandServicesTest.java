package io.headrace.systemtests.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.localstack.Stack;
import io.headrace.localstack.StackOptions;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two command services, each with some contexts, a database and a relay of its own, on one
 * PostgreSQL server; one worker and one query service whose view is of all contexts; and a process
 * manager of the one that sends commands to the other.
 */
class SeveralCommandServicesTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String DATABASE = "headrace_money";
  private static final Pattern COMPLETE = Pattern.compile("complete-until=\"([^\"]+)\"");

  private static Stack stack;
  private static Extra money;
  private static Extra moneyRelay;

  @BeforeAll
  static void start() throws Exception {
    int commands = freePort();
    String there = "http://127.0.0.1:" + commands;
    StackOptions options = StackOptions.throwaway(WithStack.checkout());
    stack =
        Stack.start(
            options.withEnvironment(
                Map.of(
                    "command",
                    Map.of(
                        "HEADRACE_COMMANDS_CONTEXTS", "ordering,shipping",
                        "HEADRACE_COMMAND_URLS__PAYMENT_", there,
                        "HEADRACE_COMMAND_URLS__REVIEW_", there),
                    "worker",
                    Map.of(
                        "HEADRACE_COMMAND_URLS__PAYMENT_", there,
                        "HEADRACE_COMMAND_URLS__REVIEW_", there))),
            System.out::println);
    createDatabase();
    money =
        new Extra(
            "command-service",
            commands,
            Map.of(
                "HEADRACE_COMMANDS_CONTEXTS",
                "payment,review",
                "HEADRACE_COMMAND_URLS__ORDERING_",
                stack.commandUrl(),
                "HEADRACE_COMMAND_URLS__SHIPPING_",
                stack.commandUrl()));
    moneyRelay = new Extra("outbox-relay", freePort(), Map.of());
    money.start();
    moneyRelay.start();
    money.awaitReady();
    moneyRelay.awaitReady();
  }

  @AfterAll
  static void stop() {
    for (Extra each : new Extra[] {money, moneyRelay}) {
      if (each != null) {
        each.kill();
      }
    }
    if (stack != null) {
      stack.close();
    }
  }

  private static void createDatabase() throws SQLException {
    try (Connection connection = stack.postgres().connect("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE %s OWNER headrace_owner".formatted(DATABASE));
    }
    try (Connection connection = stack.postgres().connect(DATABASE);
        Statement statement = connection.createStatement()) {
      statement.execute("ALTER SCHEMA public OWNER TO headrace_owner");
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  /** A second one of a service of the stack, on the database of its own. */
  private static final class Extra {

    private final String module;
    private final int port;
    private final Map<String, String> environment = new HashMap<>();
    private Process process;

    Extra(String module, int port, Map<String, String> more) {
      this.module = module;
      this.port = port;
      environment.put("QUARKUS_HTTP_HOST", "127.0.0.1");
      environment.put("QUARKUS_HTTP_PORT", Integer.toString(port));
      environment.put("HEADRACE_DATABASE_HOST", "127.0.0.1");
      environment.put(
          "HEADRACE_DATABASE_PORT", Integer.toString(stack.options().ports().postgres()));
      environment.put("HEADRACE_DATABASE_NAME", DATABASE);
      environment.put("HEADRACE_RELAY_SLOT", DATABASE);
      environment.put("KAFKA_BOOTSTRAP_SERVERS", stack.kafkaBootstrap());
      environment.put("HEADRACE_LOG_JSON", "false");
      environment.putAll(more);
      // It must not outlive the tests, however they end.
      Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
    }

    String url() {
      return "http://127.0.0.1:" + port;
    }

    void start() throws IOException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(stack.options().jvm());
      command.add("-jar");
      command.add(
          WithStack.checkout()
              .resolve(module)
              .resolve("target/quarkus-app/quarkus-run.jar")
              .toString());
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(
                      Path.of("target", "money-" + module + ".log").toFile()));
      builder.environment().keySet().removeIf(each -> each.matches("(HEADRACE|QUARKUS|KAFKA)_.*"));
      builder.environment().putAll(environment);
      process = builder.start();
    }

    void awaitReady() {
      await("the second " + module)
          .atMost(Duration.ofSeconds(120))
          .pollInterval(Duration.ofMillis(200))
          .ignoreExceptions()
          .until(() -> Http.get(url() + "/q/health/ready").status() == 200);
    }

    void kill() {
      if (process != null) {
        process.destroyForcibly();
        try {
          process.waitFor();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }

  @Test
  void a_process_manager_of_one_service_sends_its_commands_to_the_other() throws Exception {
    String order = "across-1";
    String placed = place(order);
    String authorized = authorize(order);
    // Each by its own relay and topic; the view waits for both.
    JsonNode row = row(order, placed + "," + authorized);
    assertThat(row.at("/total/amount").asText()).isEqualTo("12.00");
    assertThat(row.at("/paid/amount").asText()).isEqualTo("12.00");
    awaitEvents(stack.commandUrl() + "/shipping/shipments/" + order, "ShipmentRequested");
    post(stack.commandUrl() + "/shipping/shipments/" + order + "/dispatch-shipment", "{}");

    // The receiver is away: the command waits, and takes effect once.
    money.kill();
    post(stack.commandUrl() + "/shipping/shipments/" + order + "/deliver-shipment", "{}");
    await().atMost(PATIENCE).until(() -> retried(stack.commandUrl()) > 0);
    money.start();
    money.awaitReady();
    awaitEvents(money.url() + "/payment/payments/" + order, "PaymentAuthorized", "PaymentCaptured");
    awaitEvents(
        stack.commandUrl() + "/ordering/orders/" + order,
        "OrderPlaced",
        "OrderConfirmed",
        "OrderCompleted");
    JsonNode captured =
        Http.get(money.url() + "/payment/payments/" + order + "/events").body().at("/events/1");
    assertThat(captured.at("/metadata/ce_causationid").asText())
        .isEqualTo("shipment-" + order + "@3");
    assertThat(captured.at("/metadata/ce_correlationid").asText()).isEqualTo("trip-" + order);
    Http.Answer reviewed =
        post(
            money.url() + "/review/reviews/" + order + "/post-review",
            "{\"orderId\":\"%s\",\"score\":4}".formatted(order));
    assertThat(row(order, reviewed.header("Consistency-Token")).at("/reviewScore").asInt())
        .isEqualTo(4);
  }

  private static double retried(String service) {
    return Http.get(service + "/q/metrics")
        .body()
        .asText()
        .lines()
        .filter(line -> line.startsWith("headrace_process_commands_total"))
        .filter(line -> line.contains("retried"))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  @Test
  void a_service_says_which_contexts_it_serves() {
    Http.Answer answer = Http.get(stack.commandUrl() + "/payment/payments/p1");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.body().path("detail").asText())
        .isEqualTo(
            "The context 'payment' is served by another deployment; this one serves ordering, shipping.");
    assertThat(Http.get(money.url() + "/q/openapi?format=json").body().path("paths").fieldNames())
        .toIterable()
        .contains("/payment/payments/{id}/capture-payment")
        .noneMatch(path -> path.startsWith("/ordering"));
  }

  @Test
  void a_rebuild_reads_both_logs() {
    for (int i = 0; i < 5; i++) {
      String order = "rebuilt-" + i;
      row(order, place(order) + "," + authorize(order));
    }
    String rebuild = stack.workerUrl() + "/views/orders/rebuild";
    assertThat(Http.post(rebuild, "{}").status()).isLessThan(300);
    await()
        .atMost(PATIENCE)
        .until(() -> Http.get(rebuild).body().path("phase").asText().equals("swapped"));
    JsonNode done = Http.get(rebuild).body();
    assertThat(done.at("/comparison/samePosition").asBoolean()).as("%s", done).isTrue();
    assertThat(done.at("/comparison/tables"))
        .isNotEmpty()
        .allMatch(
            table ->
                List.of("onlyInOld", "onlyInNew", "changed").stream()
                    .allMatch(difference -> table.path(difference).asInt(-1) == 0));
    assertThat(done.path("eventsDone").asInt()).isGreaterThanOrEqualTo(10);
    for (int i = 0; i < 5; i++) {
      JsonNode row = row("rebuilt-" + i, place("after-" + i));
      assertThat(row.at("/paid/amount").asText()).isEqualTo("12.00");
    }
  }

  /** Neither relay speaks for the other: with one dead, nobody calls the view complete. */
  @Test
  void a_view_is_complete_up_to_when_both_relays_say_so() throws Exception {
    row("complete-1", place("complete-1") + "," + authorize("complete-1"));
    Instant written = Instant.now();
    await().atMost(PATIENCE).until(() -> completeUntil().isAfter(written));

    moneyRelay.kill();
    Instant killed = Instant.now();
    // The other one goes on, and is heard.
    row("complete-2", place("complete-2"));
    Instant later = killed.plusSeconds(1);
    await().atMost(PATIENCE).until(() -> completeUntil("ordering.events").isAfter(later));
    assertThat(completeUntil()).isBefore(killed);

    moneyRelay.start();
    await().atMost(PATIENCE).until(() -> completeUntil().isAfter(later));
  }

  /** Of one topic, as the worker has noted it. */
  private static Instant completeUntil(String topic) throws SQLException {
    try (Connection connection = stack.postgres().connect("headrace_views");
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT min(complete_until) FROM view_freshness WHERE view = 'orders' AND topic = '%s'"
                    .formatted(topic))) {
      rows.next();
      OffsetDateTime until = rows.getObject(1, OffsetDateTime.class);
      return until == null ? Instant.MIN : until.toInstant();
    }
  }

  private static Instant completeUntil() {
    Matcher position =
        COMPLETE.matcher(Http.get(stack.queryUrl() + "/orders/complete-1").header("View-Position"));
    return position.find() ? Instant.parse(position.group(1)) : Instant.MIN;
  }

  private static String place(String order) {
    return post(
            stack.commandUrl() + "/ordering/orders/" + order + "/place-order",
            """
            {"customerId": "c", "lines": [{"productId": "p", "sellerId": "s", "quantity": 1,
              "unitPrice": {"amount": "10.00", "currency": "BRL"},
              "freight": {"amount": "2.00", "currency": "BRL"}}]}
            """)
        .header("Consistency-Token");
  }

  private static String authorize(String order) {
    return post(
            money.url() + "/payment/payments/" + order + "/authorize-payment",
            """
            {"orderId": "%s", "method": "boleto", "installments": 1,
              "amount": {"amount": "12.00", "currency": "BRL"}}
            """
                .formatted(order))
        .header("Consistency-Token");
  }

  private static Http.Answer post(String url, String body) {
    String order = url.split("/")[5];
    Http.Answer answer = Http.post(url, body, "X-Correlation-ID", "trip-" + order);
    assertThat(answer.status()).as("%s %s", url, answer.body()).isIn(200, 201);
    return answer;
  }

  /** As soon as the view has what the tokens are of. */
  private static JsonNode row(String order, String tokens) {
    Http.Answer answer = Http.get(stack.queryUrl() + "/orders/" + order + "?consistency=" + tokens);
    assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
    return answer.body();
  }

  private static void awaitEvents(String stream, String... types) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(
            () ->
                assertThat(
                        StreamSupport.stream(
                                Http.get(stream + "/events").body().path("events").spliterator(),
                                false)
                            .map(event -> event.path("type").asText().split("\\.")[1]))
                    .containsExactly(types));
  }
}
