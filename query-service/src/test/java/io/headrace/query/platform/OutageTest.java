package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.notNullValue;

import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
@TestProfile(OutageTest.TimesOfEarnest.class)
class OutageTest {

  public static class TimesOfEarnest implements QuarkusTestProfile {
    @Override
    public Map<String, String> getConfigOverrides() {
      return Map.of(
          "headrace.query.read.timeout", "PT4S",
          "quarkus.datasource.reactive.connection-timeout", "PT2S");
    }
  }

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TestHTTPResource URI root;

  @BeforeEach
  void one_order() {
    Rows.clear();
    Rows.placed("o-1", "c-1", "placed", Instant.parse("2018-01-31T12:00:00Z"));
    await().atMost(PATIENCE).until(() -> get("/orders/o-1").statusCode() == 200);
  }

  @Test
  void reads_are_refused_politely_while_postgresql_is_dead_and_go_on_when_it_is_back()
      throws Exception {
    var postgres = LocalStackResource.postgres();
    var answers = new ConcurrentHashMap<Integer, Integer>();
    var stop = new AtomicBoolean();
    try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 16; i++) {
        readers.submit(() -> readOn(stop, answers));
      }
      try {
        await().atMost(PATIENCE).until(() -> answers.getOrDefault(200, 0) > 100);
        postgres.kill();
        await().atMost(PATIENCE).until(() -> answers.getOrDefault(503, 0) > 100);
        get("/orders/o-1")
            .then()
            .statusCode(503)
            .contentType("application/problem+json")
            .header("Retry-After", equalTo("1"))
            .body("type", equalTo("urn:headrace:problem:database-unavailable"));
        get("/q/health/live").then().statusCode(200);
        get("/q/health/ready")
            .then()
            .statusCode(503)
            .body(
                "checks.find { it.name == 'views' }.data.reason",
                containsString("cannot be reached"));
        postgres.start();
        var before = answers.get(200);
        await().atMost(PATIENCE).until(() -> answers.get(200) > before + 100);
        await().atMost(PATIENCE).until(() -> get("/q/health/ready").statusCode() == 200);
      } finally {
        stop.set(true);
        if (!postgres.isAlive()) {
          postgres.start();
        }
      }
    }
    assertThat(answers).as("answers by status").containsOnlyKeys(200, 503);
  }

  private Void readOn(AtomicBoolean stop, Map<Integer, Integer> answers) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(root.resolve("/orders/o-1")).build();
      while (!stop.get()) {
        answers.merge(
            client.send(request, BodyHandlers.discarding()).statusCode(), 1, Integer::sum);
      }
    }
    return null;
  }

  @Test
  void a_restart_of_postgresql_between_two_reads_goes_unnoticed_soon_after() {
    LocalStackResource.postgres().restart();
    await().atMost(PATIENCE).until(() -> get("/orders/o-1").statusCode() == 200);
  }

  @Test
  void a_read_that_hangs_is_given_up_and_more_of_them_than_allowed_are_refused_at_once()
      throws Exception {
    try (var owner = Rows.owner();
        var statement = owner.createStatement();
        var client = HttpClient.newHttpClient()) {
      owner.setAutoCommit(false);
      statement.execute("LOCK TABLE orders_g1 IN ACCESS EXCLUSIVE MODE");
      var request = HttpRequest.newBuilder(root.resolve("/orders/o-1")).build();
      var started = System.nanoTime();
      var answers = new ArrayList<java.util.concurrent.CompletableFuture<String>>();
      for (int i = 0; i < 400; i++) {
        answers.add(
            client
                .sendAsync(request, BodyHandlers.ofString())
                .thenApply(it -> it.statusCode() + it.body()));
      }
      var bodies = answers.stream().map(java.util.concurrent.CompletableFuture::join).toList();
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(PATIENCE);
      assertThat(bodies).allMatch(it -> it.startsWith("503"));
      assertThat(bodies).anyMatch(it -> it.contains(":overloaded"));
      assertThat(bodies).anyMatch(it -> it.contains(":database-unavailable"));
      owner.rollback();
    }
    await().atMost(PATIENCE).until(() -> get("/orders/o-1").statusCode() == 200);
  }

  @Test
  void clients_that_hang_up_in_the_middle_of_a_read_cost_no_connection() throws Exception {
    for (int round = 0; round < 3; round++) {
      try (var owner = Rows.owner();
          var statement = owner.createStatement()) {
        owner.setAutoCommit(false);
        statement.execute("LOCK TABLE orders_g1 IN ACCESS EXCLUSIVE MODE");
        var clients = new ArrayList<Socket>();
        for (int i = 0; i < 40; i++) {
          var socket = new Socket(root.getHost(), root.getPort());
          // Reads by key share statements, lists do not.
          var path = i % 4 == 0 ? "/orders/o-1" : "/orders";
          socket
              .getOutputStream()
              .write(
                  ("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n")
                      .getBytes(StandardCharsets.US_ASCII));
          clients.add(socket);
        }
        await().atMost(PATIENCE).until(() -> waiting() >= 20);
        for (var client : clients) {
          client.setSoLinger(true, 0);
          client.close();
        }
        owner.rollback();
      }
      await().atMost(PATIENCE).until(() -> waiting() == 0);
    }
    // As many at once as there are connections: none of them may be lost.
    await().atMost(PATIENCE).until(() -> get("/orders/o-1").statusCode() == 200);
    try (var client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(root.resolve("/orders")).build();
      var answers = new ArrayList<java.util.concurrent.CompletableFuture<Integer>>();
      for (int i = 0; i < 100; i++) {
        answers.add(
            client.sendAsync(request, BodyHandlers.discarding()).thenApply(it -> it.statusCode()));
      }
      assertThat(answers.stream().map(java.util.concurrent.CompletableFuture::join))
          .containsOnly(200);
    }
  }

  private static int waiting() throws Exception {
    try (var owner = Rows.owner();
        var statement = owner.createStatement();
        var count =
            statement.executeQuery(
                "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database WHERE NOT granted")) {
      count.next();
      return count.getInt(1);
    }
  }

  @Test
  void a_view_that_does_not_exist_yet_is_said_to_be_missing() {
    Rows.asOwner("ALTER VIEW sellers RENAME TO sellers_elsewhere");
    try {
      get("/q/health/ready")
          .then()
          .statusCode(503)
          .body(
              "checks.find { it.name == 'views' }.data.reason",
              containsString("sellers. The projection worker creates"));
      get("/sellers/s-1")
          .then()
          .statusCode(503)
          .header("Retry-After", notNullValue())
          .body("type", equalTo("urn:headrace:problem:views-not-ready"));
      get("/orders/o-1").then().statusCode(200);
    } finally {
      Rows.asOwner("ALTER VIEW sellers_elsewhere RENAME TO sellers");
    }
    get("/q/health/ready").then().statusCode(200);
  }

  @Test
  void a_swap_of_a_view_to_another_generation_is_not_noticed() {
    Rows.asOwner(
        """
        CREATE TABLE sellers_g2 (LIKE sellers_g1 INCLUDING ALL);
        INSERT INTO sellers_g2 VALUES ('s-1', 'BRL', 7, 7, 70, 0, 0, 0)""");
    Rows.execute("INSERT INTO sellers_g1 VALUES ('s-1', 'BRL', 1, 1, 10, 0, 0, 0)");
    get("/sellers/s-1").then().statusCode(200).body("orders", equalTo(1));
    Rows.asOwner("CREATE OR REPLACE VIEW sellers AS SELECT * FROM sellers_g2");
    get("/sellers/s-1").then().statusCode(200).body("orders", equalTo(7));
    Rows.asOwner(
        "CREATE OR REPLACE VIEW sellers AS SELECT * FROM sellers_g1; DROP TABLE sellers_g2");
    get("/sellers/s-1").then().statusCode(200).body("orders", equalTo(1));
  }
}
