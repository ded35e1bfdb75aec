package io.headrace.command.platform.process;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.hasKey;
import static org.hamcrest.Matchers.not;

import io.headrace.command.platform.spi.Reaction;
import io.headrace.events.contexts.review.ReviewEvent;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventMetadata;
import io.headrace.events.platform.IndexableText;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.kafka.KafkaConnector;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.eclipse.microprofile.reactive.messaging.spi.Connector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Every event is published twice throughout, see {@link TestRelay}. */
@QuarkusTest
@QuarkusTestResource(LocalStackResource.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProcessManagersTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  @Inject MeterRegistry metrics;
  @Inject ProcessStore store;
  @Inject Commands commands;
  @Inject Backoff backoff;

  @Inject
  @Connector(KafkaConnector.CONNECTOR_NAME)
  KafkaConnector connector;

  @Inject
  @Identifier("default-kafka-broker") Map<String, Object> kafka;

  private TestRelay relay;

  @BeforeAll
  void startRelay() throws Exception {
    relay = new TestRelay(LocalStackResource.postgres(), LocalStackResource.kafka());
  }

  @AfterAll
  void stopRelay() throws Exception {
    relay.close();
  }

  @Test
  void a_paid_order_goes_all_the_way_and_each_reaction_takes_effect_once() {
    String order = newId();
    place(order);
    authorize(order, order + "-1", "60.00");
    authorize(order, order + "-2", "40.00");
    awaitHistory("shipment-" + order, "ShipmentRequested");
    send("shipping/shipments/" + order + "/dispatch-shipment", "{}");
    send("shipping/shipments/" + order + "/deliver-shipment", "{}");
    awaitHistory("order-" + order, "OrderPlaced", "OrderConfirmed", "OrderCompleted");
    awaitHistory("payment-" + order + "-1", "PaymentAuthorized", "PaymentCaptured");
    awaitHistory("payment-" + order + "-2", "PaymentAuthorized", "PaymentCaptured");
    awaitApplied(order, 10);
    assertThat(history("order-" + order))
        .containsExactly("OrderPlaced", "OrderConfirmed", "OrderCompleted");
  }

  @Test
  void a_reaction_carries_the_correlation_and_names_its_cause() throws Exception {
    String order = newId();
    given()
        .contentType(ContentType.JSON)
        .header("X-Correlation-Id", "corr-" + order)
        .body(placeOrder())
        .post("/ordering/orders/" + order + "/place-order");
    authorize(order, order + "-1", "100.00");
    awaitHistory("shipment-" + order, "ShipmentRequested");
    assertThat(query("SELECT metadata FROM event_log WHERE stream_id = 'shipment-" + order + "'"))
        .singleElement()
        .asString()
        .contains("\"ce_causationid\":\"order-" + order + "@2\"")
        .contains("ce_correlationid");
  }

  @Test
  void a_cancelled_order_is_refunded_and_not_shipped() {
    String order = newId();
    place(order);
    authorize(order, order + "-1", "100.00");
    awaitHistory("shipment-" + order, "ShipmentRequested");
    send("ordering/orders/" + order + "/cancel-order", "{\"reason\":\"changed my mind\"}");
    awaitHistory("payment-" + order + "-1", "PaymentAuthorized", "PaymentRefunded");
    awaitHistory("shipment-" + order, "ShipmentRequested", "ShipmentCancelled");
  }

  @Test
  void orders_come_out_right_while_postgres_and_kafka_are_killed() {
    List<String> orders = IntStream.range(0, 60).mapToObj(_ -> newId()).toList();
    for (int i = 0; i < orders.size(); i++) {
      place(orders.get(i));
      authorize(orders.get(i), orders.get(i) + "-1", "100.00");
      if (i == 20) {
        LocalStackResource.postgres().kill();
        LocalStackResource.postgres().restart();
      }
      if (i == 40) {
        LocalStackResource.kafka().kill();
        LocalStackResource.kafka().restart();
      }
    }
    LocalStackResource.postgres().kill();
    LocalStackResource.postgres().restart();
    for (String order : orders) {
      awaitHistory("shipment-" + order, "ShipmentRequested");
      awaitApplied(order, 4);
    }
    for (String order : orders) {
      assertThat(history("order-" + order)).containsExactly("OrderPlaced", "OrderConfirmed");
      assertThat(history("shipment-" + order)).containsExactly("ShipmentRequested");
    }
    assertThat(stopped(orders)).isEmpty();
  }

  @Test
  void commands_sent_before_a_crash_are_sent_again_and_take_effect_once() throws Exception {
    String order = newId();
    double before = commands("replayed");
    place(order);
    awaitApplied(order, 1);
    try (Connection other = LocalStackResource.postgres().connect(PostgresServer.COMMANDS)) {
      other.setAutoCommit(false);
      // The state can be read and not be written: what was decided is sent and never stored.
      other.createStatement().execute("LOCK TABLE process_state IN EXCLUSIVE MODE");
      authorize(order, order + "-1", "100.00");
      awaitHistory("order-" + order, "OrderPlaced", "OrderConfirmed");
      await().atMost(SOON).until(() -> commands("replayed") > before);
      other.rollback();
    }
    awaitHistory("shipment-" + order, "ShipmentRequested");
    awaitApplied(order, 4);
    assertThat(history("order-" + order)).containsExactly("OrderPlaced", "OrderConfirmed");
  }

  /** Keys of reactions can be guessed; whoever takes one does not make the command disappear. */
  @Test
  void a_command_whose_key_was_taken_for_another_stream_is_told_as_a_fault() {
    RecordedEvent cause =
        new RecordedEvent(
            "ordering",
            "order-" + newId(),
            3,
            "ordering.OrderPlaced.v1",
            "p",
            Instant.EPOCH,
            EventMetadata.NONE,
            new byte[0]);
    Reaction reaction =
        new Reaction(
            "step", "counting", "counters", newId(), "open-counter", Map.of("labels", List.of()));
    given()
        .contentType(ContentType.JSON)
        .header("Idempotency-Key", Commands.idempotencyKey("probe", cause.id(), "step"))
        .body("{\"labels\":[]}")
        .post("/counting/counters/{id}/open-counter", newId())
        .then()
        .statusCode(201);
    assertThat(commands.send("probe", cause, reaction)).contains("another stream");
  }

  @Test
  void a_replica_that_was_overtaken_starts_again_from_what_the_other_has_stored() throws Exception {
    String order = newId();
    place(order);
    awaitApplied(order, 1);
    try (Connection other = LocalStackResource.postgres().connect(PostgresServer.COMMANDS)) {
      other.setAutoCommit(false);
      other.createStatement().execute("LOCK TABLE process_state IN EXCLUSIVE MODE");
      authorize(order, order + "-1", "100.00");
      awaitHistory("order-" + order, "OrderPlaced", "OrderConfirmed");
      // This replica has read revision 1 and waits to write revision 2.
      other
          .createStatement()
          .execute("UPDATE process_state SET revision = 7 WHERE key = '" + order + "'");
      other.commit();
    }
    awaitHistory("shipment-" + order, "ShipmentRequested");
    awaitApplied(order, 4);
    assertThat(query("SELECT revision::text FROM process_state WHERE key = '" + order + "'"))
        .singleElement()
        .satisfies(revision -> assertThat(Long.parseLong(revision)).isGreaterThan(7));
    assertThat(history("order-" + order)).containsExactly("OrderPlaced", "OrderConfirmed");
  }

  @Test
  void a_gap_stops_its_process_and_no_other() throws Exception {
    String order = newId();
    String stream = "order-" + order;
    relay.publish(
        TestRelay.event(
            "ordering",
            stream,
            2,
            "ordering.OrderConfirmed.v1",
            order,
            "{\"orderId\":\"" + order + "\",\"confirmedAt\":\"2018-01-01T00:00:00Z\"}"));
    relay.publish(
        TestRelay.event(
            "ordering",
            stream,
            3,
            "ordering.OrderCancelled.v1",
            order,
            "{\"orderId\":\"%s\",\"reason\":\"r\",\"cancelledAt\":\"2018-01-01T00:00:00Z\"}"
                .formatted(order)));
    awaitParked(order, 2);
    assertThat(parked(order).get(stream + "@2"))
        .contains("gap", "version 2 of " + stream, "version 0");
    assertThat(parked(order).get(stream + "@3")).contains("waits behind");
    assertThat(history("shipment-" + order)).isEmpty();
    given().get("/q/health/well").then().statusCode(503);
    given().get("/q/health/live").then().statusCode(200);

    String other = newId();
    place(other);
    authorize(other, other + "-1", "100.00");
    awaitHistory("shipment-" + other, "ShipmentRequested");
  }

  @Test
  void an_unreadable_event_parks_and_the_rest_flows() throws Exception {
    String order = newId();
    relay.publish(
        TestRelay.event(
            "ordering", "order-" + order, 1, "ordering.OrderPlaced.v1", order, "no json"));
    ProducerRecord<String, byte[]> noEvent =
        new ProducerRecord<>("ordering.events", order + "-x", new byte[] {0, 1, -1});
    relay.publish(noEvent);
    awaitParked(order, 1);
    awaitParked(order + "-x", 1);
    assertThat(parked(order).get("order-" + order + "@1")).contains("OrderPlaced");
    assertThat(parked(order + "-x").values()).singleElement().asString().contains("header");
  }

  @Test
  void what_no_index_of_its_tables_takes_parks_and_the_rest_flows() throws Exception {
    String order = newId();
    String large =
        new Random(1)
            .ints(6_000, 'A', 'Z')
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
    for (String hostile : List.of(order + "\0", order + large)) {
      String confirmed =
          EventJson.mapper()
              .writeValueAsString(
                  Map.of("orderId", hostile, "confirmedAt", "2018-01-01T00:00:00Z"));
      String key = IndexableText.of(hostile);
      String type = "ordering.OrderConfirmed.v1";
      relay.publish(TestRelay.event("ordering", newId(), 1, type, hostile, confirmed));
      awaitParked(key, 1);
      assertThat(parked(key).values())
          .singleElement()
          .asString()
          .contains("the key of its process");
      relay.publish(TestRelay.event("ordering", hostile, 1, type, hostile, confirmed));
      awaitParked(key, 2);
      String other = newId();
      relay.publish(TestRelay.event("ordering", hostile, 1, type, other, confirmed));
      awaitParked(other, 1);
      assertThat(parked(other).values()).singleElement().asString().contains("ce_subject");
    }
    String other = newId();
    post(other, other + "-fine", null);
    awaitFolded("probe", other, 1);
  }

  @Test
  void an_event_of_an_unknown_type_is_passed_over_without_a_gap() throws Exception {
    String order = newId();
    String stream = "order-" + order;
    place(order);
    awaitApplied(order, 1);
    relay.publish(
        TestRelay.event("ordering", stream, 2, "ordering.OrderPraised.v1", order, "{\"a\":1}"));
    relay.publish(
        TestRelay.event(
            "ordering",
            stream,
            3,
            "ordering.OrderConfirmed.v1",
            order,
            "{\"orderId\":\"" + order + "\",\"confirmedAt\":\"2018-01-01T00:00:00Z\"}"));
    awaitHistory("shipment-" + order, "ShipmentRequested");
    assertThat(parked(order)).isEmpty();
  }

  @Test
  void defects_of_a_process_manager_park_with_their_cause() throws Exception {
    Map<String, String> causes =
        Map.of(
            "throw", "asked to",
            "nowhere", "do-nothing of no/where/x has no receiver here",
            "invalid", "cancel-order of ordering/orders/x is invalid");
    Map<String, String> orders = new HashMap<>();
    for (String title : causes.keySet()) {
      String order = newId();
      orders.put(title, order);
      post(order, order + "-fine", null);
      post(order, order + "-bad", title);
      awaitParked(order, 1);
      post(order, order + "-later", null);
      awaitParked(order, 2);
    }
    causes.forEach(
        (title, cause) -> {
          Map<String, String> parked = parked(orders.get(title));
          assertThat(parked.get("review-" + orders.get(title) + "-bad@1")).contains(cause);
          assertThat(parked.get("review-" + orders.get(title) + "-later@1"))
              .contains("waits behind");
        });
    assertThat(
            query(
                "SELECT state FROM process_state WHERE process = 'probe' AND key = '"
                    + orders.get("nowhere")
                    + "'"))
        .containsExactly("{\"events\":1}");
  }

  @Test
  void the_service_is_ready_while_kafka_is_away() {
    LocalStackResource.kafka().kill();
    try {
      String order = newId();
      place(order);
      given().get("/q/health/ready").then().statusCode(200);
      given().get("/q/health/live").then().statusCode(200);
    } finally {
      LocalStackResource.kafka().restart();
    }
  }

  @Test
  void each_process_manager_has_a_consumer_group_of_its_own() throws Exception {
    try (Admin admin =
        Admin.create(Map.of("bootstrap.servers", LocalStackResource.kafka().bootstrapServers()))) {
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(admin.listGroups().all().get(60, TimeUnit.SECONDS))
                      .extracting(GroupListing::groupId)
                      .contains(
                          "headrace.process-managers.order-fulfilment",
                          "headrace.process-managers.probe"));
    }
  }

  @Test
  void a_process_manager_that_is_added_later_begins_at_the_beginning() throws Exception {
    String order = newId();
    post(order, order + "-before", null);
    awaitFolded("probe", order, 1);
    Process<Probe.Folded> late = new Process<>(new Latecomer());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        ProcessConsumer consumer =
            new ProcessConsumer(
                late,
                new ProcessEvents(
                    late,
                    new EventCatalogue(List.of(ReviewEvent.EVENTS)),
                    store,
                    commands,
                    backoff,
                    metrics,
                    threads,
                    4),
                threads,
                connector,
                kafka,
                "headrace.process-managers.latecomer")) {
      consumer.start();
      awaitFolded("latecomer", order, 1);
      post(order, order + "-after", null);
      awaitFolded("latecomer", order, 2);
    }
  }

  /** Sees what {@link Probe} sees, and has no defects. */
  private static final class Latecomer extends Probe {

    @Override
    public String name() {
      return "latecomer";
    }

    @Override
    public Folded evolve(Folded state, DomainEvent event) {
      return new Folded(state.events() + 1);
    }

    @Override
    public List<Reaction> react(Folded state, DomainEvent event, RecordedEvent recorded) {
      return List.of();
    }
  }

  @Test
  void what_a_process_manager_that_is_gone_has_left_behind_is_nobodys_concern() throws Exception {
    execute(
        "INSERT INTO process_state (process, key, revision, stopped) VALUES ('gone', 'x', 1, true)");
    given()
        .get("/q/health/well")
        .then()
        .body("checks.find { it.name == 'process-managers' }.data", not(hasKey("gone.stopped")));
  }

  private double commands(String outcome) {
    return metrics.find("headrace.process.commands").tag("outcome", outcome).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  private static String newId() {
    return UUID.randomUUID().toString();
  }

  private static void place(String order) {
    send("ordering/orders/" + order + "/place-order", placeOrder());
  }

  private static String placeOrder() {
    return """
        {"customerId":"c1","lines":[{"productId":"p1","sellerId":"s1","quantity":2,
        "unitPrice":{"amount":"45.00","currency":"BRL"},
        "freight":{"amount":"10.00","currency":"BRL"}}],"at":"2018-01-01T00:00:00Z"}""";
  }

  private static void authorize(String order, String payment, String amount) {
    send(
        "payment/payments/" + payment + "/authorize-payment",
        """
        {"orderId":"%s","method":"credit_card","installments":1,
        "amount":{"amount":"%s","currency":"BRL"}}"""
            .formatted(order, amount));
  }

  private static void post(String order, String review, String title) {
    send(
        "review/reviews/" + review + "/post-review",
        title == null
            ? "{\"orderId\":\"%s\",\"score\":5}".formatted(order)
            : "{\"orderId\":\"%s\",\"score\":5,\"title\":\"%s\"}".formatted(order, title));
  }

  /** As a client does: again with the same key until it is answered. */
  private static void send(String path, String body) {
    String key = newId();
    await()
        .atMost(SOON)
        .ignoreExceptions()
        .untilAsserted(
            () ->
                assertThat(
                        given()
                            .contentType(ContentType.JSON)
                            .header("Idempotency-Key", key)
                            .body(body)
                            .post("/" + path)
                            .statusCode())
                    .isIn(200, 201));
  }

  private static void awaitHistory(String stream, String... types) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> assertThat(history(stream)).containsExactly(types));
  }

  /** Until so many events of the order's streams are in the progress of the process. */
  private static void awaitApplied(String order, int events) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertThat(
                        query(
                            "SELECT coalesce(sum(version), 0)::text FROM process_stream"
                                + " WHERE process = 'order-fulfilment' AND stream_id LIKE '%"
                                + order
                                + "%'"))
                    .containsExactly(Integer.toString(events)));
  }

  private static void awaitFolded(String process, String key, int events) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(
            () ->
                assertThat(
                        query(
                            "SELECT state FROM process_state WHERE process = '%s' AND key = '%s'"
                                .formatted(process, key)))
                    .containsExactly("{\"events\":" + events + "}"));
  }

  private static void execute(String sql) throws SQLException {
    try (Connection connection = LocalStackResource.postgres().connect(PostgresServer.COMMANDS);
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void awaitParked(String key, int events) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() -> assertThat(parked(key)).hasSize(events));
  }

  /** The names of the stream's events, without context and version. */
  private static List<String> history(String stream) {
    return query(
            "SELECT event_type FROM event_log WHERE stream_id = '"
                + stream
                + "' ORDER BY stream_version")
        .stream()
        .map(type -> type.split("\\.")[1])
        .toList();
  }

  private static Map<String, String> parked(String key) {
    Map<String, String> causes = new TreeMap<>();
    query("SELECT event || '|' || cause FROM process_parked WHERE key = '" + key + "'")
        .forEach(row -> causes.put(row.split("\\|", 2)[0], row.split("\\|", 2)[1]));
    return causes;
  }

  private static List<String> stopped(List<String> keys) {
    return query("SELECT key FROM process_state WHERE stopped").stream()
        .filter(keys::contains)
        .toList();
  }

  private static List<String> query(String sql) {
    try (Connection connection = LocalStackResource.postgres().connect(PostgresServer.COMMANDS);
        var statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
