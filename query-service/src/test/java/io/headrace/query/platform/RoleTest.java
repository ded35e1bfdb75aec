package io.headrace.query.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.localstack.PostgresServer;
import io.headrace.localstack.testing.LocalStackResource;
import io.headrace.query.testing.ReadModelResource;
import io.headrace.query.testing.Rows;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@QuarkusTest
@QuarkusTestResource(ReadModelResource.class)
class RoleTest {

  @Inject Pool pool;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INSERT INTO orders SELECT * FROM orders",
        "UPDATE orders SET status = 'x'",
        "DELETE FROM orders",
        "DELETE FROM orders_g1",
        "SELECT * FROM orders_g1",
        "UPDATE sellers SET orders = 0",
        "DELETE FROM daily_sales",
        "DELETE FROM view_partition",
        "TRUNCATE orders_g1",
        "DROP VIEW orders",
        "CREATE TABLE mine (x int)"
      })
  void the_role_of_the_service_may_not_do_anything_but_read_the_views(String sql)
      throws SQLException {
    try (var connection =
            LocalStackResource.postgres().connect(PostgresServer.VIEWS, "headrace_query");
        var statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute(sql))
          .isInstanceOf(SQLException.class)
          .extracting(e -> ((SQLException) e).getSQLState())
          .isEqualTo("42501");
    }
  }

  @Test
  void and_its_sessions_are_read_only_whatever_the_role_may_do() {
    Rows.asOwner("GRANT DELETE ON almanac TO headrace_query");
    try {
      assertThatThrownBy(() -> run("DELETE FROM almanac"))
          .hasMessageContaining("read-only transaction");
    } finally {
      Rows.asOwner("REVOKE DELETE ON almanac FROM headrace_query");
    }
  }

  @Test
  void a_statement_cannot_run_on_after_everyone_has_given_up_on_it() {
    assertThat(run("SELECT current_setting('statement_timeout')")).isEqualTo("5s");
  }

  private String run(String sql) {
    var rows = pool.query(sql).execute().await().atMost(Duration.ofSeconds(5));
    return rows.size() == 0 ? "" : rows.iterator().next().getString(0);
  }
}
