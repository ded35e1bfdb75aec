package io.headrace.query.platform;

import static io.restassured.RestAssured.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The projection worker swaps the generations of a view while it is being read. */
@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class SwapTest {

  private static final String NAMES = "ARRAY['orders', 'sellers', 'daily_sales']";
  private static final int SWAPS = 20;

  @BeforeEach
  void two_generations_of_a_view() {
    Rows.clear();
    Rows.placed("o-1", "customer of generation 1", "placed", Instant.parse("2018-01-31T12:00:00Z"));
    Rows.execute(
        """
        INSERT INTO view_generation (view, generation, view_version, state) VALUES ('orders', 2, 1, 'building');
        SELECT create_generation(%s, 2, 1, 1);
        INSERT INTO orders_g2 SELECT * FROM orders_g1;
        UPDATE orders_g2 SET customer_id = 'customer of generation 2';
        INSERT INTO view_partition VALUES
          ('orders', 1, 'ordering.events', 0, 12, 5, now(), now()),
          ('orders', 2, 'ordering.events', 0, 12, 5, now(), now())"""
            .formatted(NAMES));
  }

  @AfterEach
  void one_generation() throws SQLException {
    swap(2, 1);
    Rows.execute("SELECT drop_generation(%s, 2)".formatted(NAMES));
    Rows.asOwner("DELETE FROM view_generation WHERE generation = 2");
  }

  @Test
  void no_request_fails_and_what_an_answer_says_of_its_generation_holds() throws Exception {
    var done = new AtomicBoolean();
    try (var threads = Executors.newFixedThreadPool(3)) {
      List<Future<Integer>> readers = new ArrayList<>();
      for (String path : List.of("/orders/o-1", "/orders", "/sellers/s-1")) {
        readers.add(threads.submit(reader(path, done)));
      }
      try {
        for (int i = 1; i <= SWAPS; i++) {
          swap(i % 2 == 1 ? 1 : 2, i % 2 == 1 ? 2 : 1);
        }
      } finally {
        done.set(true);
      }
      for (Future<Integer> reader : readers) {
        assertThat(reader.get()).isGreaterThan(SWAPS);
      }
    }
  }

  private static Callable<Integer> reader(String path, AtomicBoolean done) {
    return () -> {
      int reads = 0;
      while (!done.get() || reads <= SWAPS) {
        var answer = get(path);
        assertThat(answer.statusCode()).as(answer.asString()).isIn(200, 404);
        if (path.startsWith("/orders")) {
          assertThat(answer.statusCode()).isEqualTo(200);
          assertThat(answer.asString()).containsPattern("customer of generation [12]");
        }
        assertThat(answer.header("View-Position")).containsPattern("generation=[12]");
        reads++;
      }
      return reads;
    };
  }

  /** As the worker does it: again and again, until no reader is in the way. */
  private static void swap(int from, int to) throws SQLException {
    while (true) {
      try (Connection connection = Rows.projection();
          var statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.execute("SET LOCAL lock_timeout = '400ms'");
        statement.execute(
            "UPDATE view_generation SET state = 'retired' WHERE view = 'orders' AND generation = "
                + from);
        statement.execute(
            "UPDATE view_generation SET state = 'live' WHERE view = 'orders' AND generation = "
                + to);
        statement.execute("SELECT activate_generation(%s, %d)".formatted(NAMES, to));
        connection.commit();
        return;
      } catch (SQLException e) {
        if (!"55P03".equals(e.getSQLState())) {
          throw e;
        }
      }
    }
  }
}
