package io.headrace.projection.platform.engine;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Statements that go to PostgreSQL in one message, and so cost one round trip: at low load a batch
 * is little else than waiting for answers.
 *
 * <p>They are executed one after another, as if each had been sent by itself: each sees what those
 * before it have changed and locked, with a snapshot of its own. The first one that fails is the
 * last one that was executed. PostgreSQL, "Extended Query", calls it pipelining; its JDBC driver
 * does it with statements that are joined by semicolons. For one thread and one connection.
 */
final class Pipeline {

  /** Gives values to the parameters of one statement, in their order. */
  interface Binding {
    void to(Parameters parameters) throws SQLException;
  }

  /** Takes the rows that one statement returns. May add statements, which follow in a message. */
  interface Rows {
    void take(ResultSet rows) throws SQLException;
  }

  /** Takes how many rows one statement has changed. */
  interface Count {
    void take(int changed) throws SQLException;
  }

  private record Step(String sql, Binding binding, @Nullable Rows rows, Count count) {}

  private final Connection connection;
  private final List<Step> steps = new ArrayList<>();

  Pipeline(Connection connection) {
    this.connection = connection;
  }

  void query(String sql, Binding binding, Rows rows) {
    steps.add(new Step(sql, binding, rows, _ -> {}));
  }

  void update(String sql, Binding binding, Count count) {
    steps.add(new Step(sql, binding, null, count));
  }

  void execute(String sql) {
    update(sql, _ -> {}, _ -> {});
  }

  /** Sends what was added since the last time, and what that adds; nothing if there is nothing. */
  void send() throws SQLException {
    while (!steps.isEmpty()) {
      List<Step> now = List.copyOf(steps);
      steps.clear();
      send(now);
    }
  }

  private void send(List<Step> all) throws SQLException {
    String sql = all.stream().map(Step::sql).collect(Collectors.joining(";\n"));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setFetchSize(0);
      Parameters parameters = new Parameters(statement);
      for (Step step : all) {
        step.binding.to(parameters);
      }
      boolean isRows = statement.execute();
      for (Step step : all) {
        if (isRows != (step.rows != null)) {
          throw new SQLException("not what this statement was to answer: " + step.sql);
        }
        if (step.rows == null) {
          step.count.take(statement.getUpdateCount());
        } else {
          try (ResultSet rows = statement.getResultSet()) {
            step.rows.take(rows);
          }
        }
        isRows = statement.getMoreResults();
      }
    }
  }

  /** Of all statements of one message, one after another. */
  static final class Parameters {

    private final PreparedStatement statement;
    private int next = 1;

    private Parameters(PreparedStatement statement) {
      this.statement = statement;
    }

    Parameters text(@Nullable String value) throws SQLException {
      statement.setString(next++, value);
      return this;
    }

    Parameters number(int value) throws SQLException {
      statement.setInt(next++, value);
      return this;
    }

    Parameters array(Collection<? extends @Nullable Object> values) throws SQLException {
      Sql.bind(statement, next++, values);
      return this;
    }
  }
}
