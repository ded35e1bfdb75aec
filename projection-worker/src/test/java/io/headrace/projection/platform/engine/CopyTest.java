package io.headrace.projection.platform.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CopyTest {

  private static final List<String> COLUMNS = List.of("name", "note", "json");
  private Connection connection;

  @BeforeEach
  void a_transaction() throws Exception {
    connection = Servers.get().dataSource.getConnection();
    connection.setAutoCommit(false);
    connection
        .createStatement()
        .execute(
            """
            CREATE TEMPORARY TABLE thing (json jsonb, name text COLLATE "C" PRIMARY KEY, note text)
              ON COMMIT DROP""");
  }

  @AfterEach
  void undone() throws SQLException {
    connection.rollback();
    connection.close();
  }

  @Test
  void every_text_comes_back_as_it_went() throws Exception {
    List<@Nullable String[]> rows =
        List.of(
            new String[] {"1", null, null},
            new String[] {"2", "", "null"},
            new String[] {"3", "\\N", "\"\\\\N\""},
            new String[] {"4", "\\.", "[]"},
            new String[] {"5", "tab\tline\nreturn\rback\\slash\\t", "\"a\\tb\\nc\""},
            new String[] {"6", "\b\f\u000b {NULL} \"quoted\", 'too'", "{\"a\": 1.50}"},
            new String[] {"7", "ação € 𝄞", "\"ação € 𝄞\""});
    Copy.of("thing", COLUMNS, rows).send(connection);
    assertThat(things()).isEqualTo(rows.stream().map(row -> Arrays.asList(row)).toList());
  }

  @Test
  void nothing_is_sent_for_no_rows() throws Exception {
    try (RoundTrips trips = new RoundTrips()) {
      Copy.of("thing", COLUMNS, List.of()).send(connection);
      assertThat(trips.taken()).isZero();
    }
  }

  @Test
  void a_row_that_is_there_already_refuses_them_all_and_the_connection_lives_on() throws Exception {
    connection.createStatement().execute("INSERT INTO thing (name) VALUES ('b')");
    var savepoint = connection.setSavepoint();
    List<@Nullable String[]> rows =
        List.of(new String[] {"a", null, null}, new String[] {"b", "mine", null});
    assertThatThrownBy(() -> Copy.of("thing", COLUMNS, rows).send(connection))
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"));
    connection.rollback(savepoint);
    assertThat(things()).isEqualTo(List.of(Arrays.asList("b", null, null)));
  }

  private List<List<@Nullable String>> things() throws SQLException {
    List<List<@Nullable String>> things = new ArrayList<>();
    try (ResultSet results =
        connection
            .createStatement()
            .executeQuery("SELECT name, note, json FROM thing ORDER BY name")) {
      while (results.next()) {
        things.add(Arrays.asList(results.getString(1), results.getString(2), results.getString(3)));
      }
    }
    return things;
  }
}
