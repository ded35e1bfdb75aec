package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
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
  void what_an_answer_adds_follows() throws Exception {
    pipeline.query(
        "SELECT generate_series(1, 2)",
        _ -> {},
        rows -> {
          while (rows.next()) {
            insert("n" + rows.getInt(1));
          }
          names();
        });
    insert("first");
    pipeline.send();
    assertThat(answers)
        .containsExactly("inserted 1", "inserted 1", "inserted 1", "[first, n1, n2]");
  }

  @Test
  void the_first_failure_is_the_end() throws Exception {
    insert("a");
    insert("a");
    pipeline.execute("SELECT pg_sleep(600)");
    assertThatThrownBy(pipeline::send)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"));
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
