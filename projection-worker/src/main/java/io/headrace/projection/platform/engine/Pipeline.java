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
 *
 * <p>The driver reads no answer before it has sent the whole message, and PostgreSQL reads no
 * further while nobody takes its answers. What follows a query in its message is therefore kept to
 * what the buffers between them surely hold, lest each wait for the other; a large batch takes more
 * messages.
 */
final class Pipeline {

  /** In characters; of three bytes at most, and Linux gives a connection 64 kB to begin with. */
  private static final int SENT_BEHIND_ROWS = 16_384;

  /** Gives values to the parameters of one statement, in their order. */
  interface Binding {
    void to(Parameters parameters);
  }

  /** Takes the rows that one statement returns. */
  interface Rows {
    void take(ResultSet rows) throws SQLException;
  }

  /** Takes how many rows one statement has changed. */
  interface Count {
    void take(int changed) throws SQLException;
  }

  private record Step(
      String sql, Parameters parameters, @Nullable Rows rows, boolean manyRows, Count count) {

    int size() {
      return sql.length() + parameters.size;
    }
  }

  private final Connection connection;
  private final List<Step> steps = new ArrayList<>();

  Pipeline(Connection connection) {
    this.connection = connection;
  }

  void query(String sql, Binding binding, Rows rows) {
    steps.add(new Step(sql, values(binding), rows, true, _ -> {}));
  }

  void update(String sql, Binding binding, Count count) {
    steps.add(new Step(sql, values(binding), null, false, count));
  }

  /** Fails as any statement may, unless this many rows are changed. */
  void update(String sql, Binding binding, int expected, Otherwise otherwise) {
    steps.add(
        new Step(
            "WITH changed AS (%s RETURNING 1) SELECT expect_changed(count(*), ?, ?, ?) FROM changed"
                .formatted(sql),
            values(binding).number(expected).text(otherwise.state).text(otherwise.message),
            _ -> {},
            false,
            _ -> {}));
  }

  /**
   * @param state the SQLSTATE of the failure
   */
  record Otherwise(String state, String message) {

    /** The transaction has lost a race, and may start over at once. */
    static Otherwise startOver(String message) {
      return new Otherwise("40001", message);
    }

    /** Cannot be, and must not be. */
    static Otherwise defect(String message) {
      return new Otherwise("XX000", message);
    }
  }

  void execute(String sql) {
    update(sql, _ -> {}, _ -> {});
  }

  private static Parameters values(Binding binding) {
    Parameters parameters = new Parameters();
    binding.to(parameters);
    return parameters;
  }

  /** Sends what was added since the last time; nothing if there is nothing. */
  void send() throws SQLException {
    List<Step> message = new ArrayList<>();
    boolean behindRows = false;
    int size = 0;
    for (Step step : steps) {
      size += behindRows ? step.size() : 0;
      if (size > SENT_BEHIND_ROWS) {
        send(message);
        message.clear();
        behindRows = false;
        size = 0;
      }
      message.add(step);
      behindRows |= step.manyRows;
    }
    steps.clear();
    if (!message.isEmpty()) {
      send(message);
    }
  }

  /**
   * The same, and ends the transaction in the last message. Should a statement fail, PostgreSQL
   * reads over all that follow it in the message, and so over the COMMIT. The driver learns from
   * the answer that no transaction is open, and its own commit has nothing to do then.
   */
  void commit() throws SQLException {
    execute("COMMIT");
    send();
  }

  private void send(List<Step> all) throws SQLException {
    String sql = all.stream().map(Step::sql).collect(Collectors.joining(";\n"));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setFetchSize(0);
      int next = 1;
      for (Step step : all) {
        for (Object value : step.parameters.values) {
          bind(statement, next++, value);
        }
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

  private static void bind(PreparedStatement statement, int index, @Nullable Object value)
      throws SQLException {
    switch (value) {
      case Integer number -> statement.setInt(index, number);
      case Collection<?> values -> Sql.bind(statement, index, values);
      case null -> statement.setString(index, null);
      default -> statement.setString(index, value.toString());
    }
  }

  /** Of one statement. */
  static final class Parameters {

    private final List<@Nullable Object> values = new ArrayList<>();
    private int size;

    private Parameters() {}

    Parameters text(@Nullable String value) {
      return add(value, value == null ? 0 : value.length());
    }

    Parameters number(int value) {
      return add(value, Integer.BYTES);
    }

    Parameters array(Collection<? extends @Nullable Object> column) {
      List<@Nullable String> texts = new ArrayList<>(column.size());
      int length = 0;
      for (Object value : column) {
        String text = value == null ? null : value.toString();
        texts.add(text);
        length += 4 + (text == null ? 0 : text.length());
      }
      return add(texts, length);
    }

    private Parameters add(@Nullable Object value, int length) {
      values.add(value);
      size += length;
      return this;
    }
  }
}
