package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.headrace.projection.platform.engine.Pipeline.Otherwise;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PipelineTest {

  private final List<String> answers = new ArrayList<>();
  private Connection connection;
  private Pipeline pipeline;

  @BeforeEach
  void a_transaction() throws Exception {
    connection = Servers.get().dataSource.getConnection();
    connection.setAutoCommit(false);
    connection
        .createStatement()
        .execute("CREATE TEMPORARY TABLE thing (name text PRIMARY KEY) ON COMMIT DROP");
    pipeline = new Pipeline(connection);
  }

  @AfterEach
  void undone() throws SQLException {
    connection.rollback();
    connection.close();
  }

  @Test
  void each_statement_sees_what_those_before_it_have_done_and_gets_its_own_answer()
      throws Exception {
    insert("b; not the end", "a");
    pipeline.execute("SET LOCAL work_mem = '2MB'");
    names();
    pipeline.update(
        "DELETE FROM thing WHERE name = ?",
        parameters -> parameters.text("a"),
        deleted -> answers.add("deleted " + deleted));
    names();
    assertThat(answers).as("before it is sent").isEmpty();
    pipeline.send();
    assertThat(answers)
        .containsExactly("inserted 2", "[a, b; not the end]", "deleted 1", "[b; not the end]");
    pipeline.send();
    assertThat(answers).as("nothing is sent twice").hasSize(4);
  }

  @Test
  void the_first_failure_is_the_end_and_nothing_is_committed() throws Exception {
    connection.createStatement().execute("CREATE TEMPORARY TABLE kept (name text)");
    connection.commit();
    execute("INSERT INTO kept VALUES ('first')", 1);
    execute("INSERT INTO kept VALUES ('second')", 2);
    pipeline.execute("SELECT pg_sleep(600)");
    assertThatThrownBy(pipeline::commit)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> {
              assertThat(e.getSQLState()).isEqualTo("XX000");
              assertThat(e.getMessage()).contains("not so many");
            });
    connection.rollback();
    try (var rows = connection.createStatement().executeQuery("SELECT FROM kept")) {
      assertThat(rows.next()).isFalse();
    }
  }

  @Test
  void it_commits_in_its_message_and_the_connection_has_nothing_left_to_commit() throws Exception {
    connection.createStatement().execute("CREATE TEMPORARY TABLE kept (name text)");
    connection.commit();
    try (RoundTrips trips = new RoundTrips()) {
      execute("INSERT INTO kept VALUES ('first')", 1);
      execute("DELETE FROM kept WHERE name = 'second'", 0);
      pipeline.commit();
      connection.commit();
      assertThat(trips.taken()).isEqualTo(1);
    }
    connection.rollback();
    try (var rows = connection.createStatement().executeQuery("SELECT FROM kept")) {
      assertThat(rows.next()).isTrue();
    }
  }

  @Test
  void what_would_fill_the_buffers_both_ways_is_sent_in_more_messages() throws Exception {
    List<String> many = IntStream.range(0, 200_000).mapToObj(i -> "name " + i).toList();
    int[] found = {0};
    for (int i = 0; i < 3; i++) {
      pipeline.query(
          "SELECT n, repeat('x', 100) FROM unnest(?::text[]) AS n",
          parameters -> parameters.array(many),
          rows -> {
            while (rows.next()) {
              found[0]++;
            }
          });
    }
    pipeline.commit();
    assertThat(found[0]).isEqualTo(600_000);
  }

  private void execute(String sql, int expected) {
    pipeline.update(sql, _ -> {}, expected, Otherwise.defect("not so many"));
  }

  private void insert(String... names) {
    pipeline.update(
        "INSERT INTO thing SELECT unnest(?::text[])",
        parameters -> parameters.array(List.of(names)),
        count -> answers.add("inserted " + count));
  }

  private void names() {
    pipeline.query(
        "SELECT name FROM thing ORDER BY name",
        _ -> {},
        rows -> {
          List<String> names = new ArrayList<>();
          while (rows.next()) {
            names.add(rows.getString(1));
          }
          answers.add(names.toString());
        });
  }
}
