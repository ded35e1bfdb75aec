package io.headrace.query.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.query.testing.EventStream;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * Several writers whose transactions overlap and commit in any order, and clients that come, go and
 * return while they write. Every transaction gives both rows of a pair one new version, so a client
 * that ever sees a pair apart was told half of a transaction; one that is told a version that it
 * has was told it twice; and one whose rows are not the database's in the end has missed something.
 */
@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class LiveConcurrencyTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Instant NOON = Instant.parse("2018-01-31T12:00:00Z");
  private static final int WRITERS = 4;
  private static final int PAIRS_EACH = 4;
  private static final int ROUNDS = 100;
  private static final int MOST_ROUNDS = 20_000;
  private static final int RETURNS = 5;
  private static final int DELETED_EVERY = 12;

  @TestHTTPResource URI root;

  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

  @Test
  void whatever_overlaps_clients_see_whole_transactions_once_each_and_end_with_the_final_rows()
      throws Exception {
    Rows.clear();
    var done = new AtomicBoolean();
    List<Client> clients = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var elsewhere = Rows.projection();
        var statement = elsewhere.createStatement()) {
      elsewhere.setAutoCommit(false);
      statement.execute("SELECT pg_current_xact_id()"); // A transaction that runs throughout.
      for (int i = 0; i < 3; i++) {
        clients.add(new Client("/orders?limit=200", i, _ -> true, true));
        clients.add(new Client("/orders?status=placed", 10 + i, is("status", "placed"), true));
        clients.add(new Client("/customers/c-1/orders", 20 + i, is("customerId", "c-1"), true));
        clients.add(new Client("/orders/a-1-0", 30 + i, is("orderId", "a-1-0"), false));
      }
      List<Future<?>> writers = new ArrayList<>();
      for (int writer = 0; writer < WRITERS; writer++) {
        int number = writer;
        writers.add(
            threads.submit(
                () -> {
                  write(number, done);
                  return null;
                }));
      }
      List<Future<EventStream>> readers = new ArrayList<>();
      for (var client : clients) {
        readers.add(threads.submit(() -> client.comeAndGo(done)));
      }
      await()
          .atMost(PATIENCE)
          .until(() -> clients.stream().allMatch(client -> client.returns >= RETURNS));
      done.set(true);
      for (var writer : writers) {
        writer.get();
      }
      for (int i = 0; i < clients.size(); i++) {
        var client = clients.get(i);
        try (var stream = readers.get(i).get()) {
          var expected = versions(client.concerns);
          await()
              .atMost(PATIENCE)
              .untilAsserted(
                  () -> assertThat(client.versions(stream)).as(client.path).isEqualTo(expected));
        }
      }
      elsewhere.rollback();
    }
    assertThat(wrong).isEmpty();
  }

  private static Predicate<Map<String, String>> is(String field, String value) {
    return row -> value.equals(row.get(field));
  }

  private void write(int writer, AtomicBoolean done) throws SQLException {
    var random = new Random(writer);
    int[] versions = new int[PAIRS_EACH];
    boolean[] there = new boolean[PAIRS_EACH];
    try (var connection = Rows.projection()) {
      connection.setAutoCommit(false);
      for (int round = 0; round < ROUNDS || (!done.get() && round < MOST_ROUNDS); round++) {
        int pair = random.nextInt(PAIRS_EACH);
        var keys = new String[] {"a-" + writer + '-' + pair, "b-" + writer + '-' + pair};
        boolean noteFirst = random.nextBoolean();
        if (noteFirst) {
          Rows.note(connection, "orders", keys);
        }
        int version = ++versions[pair];
        for (var key : keys) {
          change(connection, key, version, there[pair], random);
        }
        there[pair] = !there[pair] || version % DELETED_EVERY != 0;
        if (!noteFirst) {
          Rows.note(connection, "orders", keys);
        }
        LockSupport.parkNanos(random.nextInt(5_000_000));
        if (random.nextInt(10) == 0) {
          connection.rollback();
          versions[pair]--;
          there[pair] = exists(connection, keys[0]);
        } else {
          connection.commit();
        }
      }
    }
  }

  private static boolean exists(Connection connection, String key) throws SQLException {
    try (var statement = connection.createStatement();
        var results =
            statement.executeQuery("SELECT FROM orders_g1 WHERE order_id = '" + key + "'")) {
      boolean found = results.next();
      connection.commit();
      return found;
    }
  }

  private static void change(
      Connection connection, String key, int version, boolean there, Random random)
      throws SQLException {
    try (var statement = connection.createStatement()) {
      if (!there) {
        Rows.placed(connection, key, key.endsWith("0") ? "c-1" : "c-2", "placed", NOON);
      } else if (version % DELETED_EVERY == 0) {
        statement.execute("DELETE FROM orders_g1 WHERE order_id = '" + key + "'");
        return;
      }
      // Of a pair both are placed or neither is, so that a filter sees pairs as well.
      statement.execute(
          "UPDATE orders_g1 SET review_count = %d, status = '%s' WHERE order_id = '%s'"
              .formatted(version, version % 3 == 0 ? "shipped" : "placed", key));
      LockSupport.parkNanos(random.nextInt(1_000_000));
    }
  }

  private static Map<String, Integer> versions(Predicate<Map<String, String>> concerns)
      throws SQLException {
    Map<String, Integer> versions = new TreeMap<>();
    try (var connection = Rows.projection();
        var statement = connection.createStatement();
        var results =
            statement.executeQuery(
                "SELECT order_id, customer_id, status, review_count FROM orders_g1")) {
      while (results.next()) {
        var row =
            Map.of(
                "orderId", results.getString(1),
                "customerId", results.getString(2),
                "status", results.getString(3));
        if (concerns.test(row)) {
          versions.put(results.getString(1), results.getInt(4));
        }
      }
    }
    return versions;
  }

  /** One client, over all its connections. */
  private final class Client {

    private final String path;
    private final Random random;
    private final Predicate<Map<String, String>> concerns;
    private final boolean pairs;
    private final Map<String, Integer> seen = new HashMap<>();
    private volatile int returns;
    private int checked;

    Client(String path, int seed, Predicate<Map<String, String>> concerns, boolean pairs) {
      this.path = path;
      this.random = new Random(seed);
      this.concerns = concerns;
      this.pairs = pairs;
    }

    EventStream comeAndGo(AtomicBoolean done) {
      LockSupport.parkNanos(random.nextInt(200_000_000));
      var stream = connect(null, Map.of());
      while (!done.get()) {
        LockSupport.parkNanos(10_000_000 + random.nextInt(100_000_000));
        if (random.nextBoolean() && stream.id() != null) {
          stream.close();
          var left = stream;
          await().atMost(PATIENCE).until(left::isEnded);
          LockSupport.parkNanos(random.nextInt(50_000_000));
          stream = connect(left.id(), left.rows());
          returns++;
        }
      }
      return stream;
    }

    private EventStream connect(String lastEventId, Map<String, JsonNode> rows) {
      checked = 0;
      var stream = EventStream.open(root.resolve(path), "orderId", lastEventId, rows, this::check);
      assertThat(stream.response().statusCode()).isEqualTo(200);
      return stream;
    }

    private void check(EventStream stream) {
      var events = stream.events();
      for (; checked < events.size(); checked++) {
        var event = events.get(checked);
        if (event.name().equals("reset") || event.name().equals("end")) {
          wrong.add(path + ": " + event);
        }
        for (var row : event.data().path("rows")) {
          int version = row.get("reviews").asInt();
          Integer before = seen.put(row.get("orderId").asText(), version);
          if (before != null && version <= before) {
            wrong.add(path + " was told again, or of the past: " + row.get("orderId") + version);
          }
        }
      }
      if (pairs) {
        var now = versions(stream);
        now.forEach(
            (key, version) -> {
              var other = (key.startsWith("a") ? "b" : "a") + key.substring(1);
              if (!version.equals(now.get(other))) {
                wrong.add(path + " sees half a transaction: " + key + " of " + now);
              }
            });
      }
    }

    private Map<String, Integer> versions(EventStream stream) {
      Map<String, Integer> versions = new TreeMap<>();
      stream.rows().forEach((key, row) -> versions.put(key, row.get("reviews").asInt()));
      return versions;
    }
  }
}
