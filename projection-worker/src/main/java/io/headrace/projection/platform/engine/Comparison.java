package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.headrace.projection.platform.engine.RecordCodec.Column;
import io.headrace.projection.platform.engine.RecordCodec.Kind;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What distinguishes two generations of a view: its rows and its rollups, row by row.
 *
 * @param samePosition whether both had taken the same events. If not, rows may differ for that
 *     alone.
 * @param streamsAhead streams of which the new generation had taken more
 */
@RegisterForReflection
record Comparison(Instant comparedAt, boolean samePosition, long streamsAhead, List<Table> tables) {

  private static final int EXAMPLES = 100;

  boolean equal() {
    return samePosition && tables.stream().allMatch(t -> t.differing() == 0);
  }

  long differing() {
    return tables.stream().mapToLong(Table::differing).sum();
  }

  /**
   * @param name without the generation
   * @param columns those that both have and that were compared
   * @param onlyInOld how many keys have a row in the old generation alone
   * @param examples the first of the rows that differ, by key
   */
  @RegisterForReflection
  record Table(
      String name,
      List<String> columns,
      long oldRows,
      long newRows,
      long onlyInOld,
      long onlyInNew,
      long changed,
      List<Difference> examples) {

    long differing() {
      return onlyInOld + onlyInNew + changed;
    }
  }

  /**
   * @param key the values of the key columns
   * @param columns those that differ; absent where one generation has no such row
   */
  @RegisterForReflection
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  record Difference(String key, String kind, List<String> columns) {

    Difference {
      columns = columns == null ? List.of() : List.copyOf(columns);
    }
  }

  /**
   * Within one snapshot.
   *
   * @param connection in a transaction that sees one moment
   */
  static Comparison make(
      Connection connection,
      CompiledView<?> view,
      Generation old,
      Generation next,
      boolean sameOffsets,
      Instant now)
      throws SQLException {
    long ahead = streamsAhead(connection, old, next);
    List<Table> tables = new ArrayList<>();
    tables.add(
        table(
            connection,
            view.name(),
            old,
            next,
            List.of(view.codec().columns().getFirst().name()),
            view.codec().columns()));
    for (CompiledRollup<?, ?, ?> rollup : view.rollups()) {
      List<Column> columns = new ArrayList<>(rollup.keys().columns());
      columns.addAll(rollup.measures().columns());
      tables.add(table(connection, rollup.name(), old, next, rollup.keys().names(), columns));
    }
    return new Comparison(now, sameOffsets && ahead == 0, ahead, tables);
  }

  /**
   * The log may have held events that had not come to Kafka yet. A stream that is stopped in the
   * old generation stays behind for good, and is a difference.
   */
  static long streamsAhead(Connection connection, Generation old, Generation next)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT count(*) FROM view_stream n
              LEFT JOIN view_stream o ON o.view = n.view AND o.generation = ? AND o.stream_id = n.stream_id
              WHERE n.view = ? AND n.generation = ? AND n.version > coalesce(o.version, 0)
                AND NOT EXISTS (SELECT FROM parked_lane l WHERE l.view = n.view AND l.generation = ?
                    AND l.kind = 'stream' AND l.lane = n.stream_id)""")) {
      statement.setInt(1, old.number());
      statement.setString(2, next.view());
      statement.setInt(3, next.number());
      statement.setInt(4, old.number());
      try (ResultSet results = statement.executeQuery()) {
        results.next();
        return results.getLong(1);
      }
    }
  }

  private static Table table(
      Connection connection,
      String name,
      Generation old,
      Generation next,
      List<String> keys,
      List<Column> columns)
      throws SQLException {
    Map<String, String> oldTypes = types(connection, old.table(name));
    Map<String, String> newTypes = types(connection, next.table(name));
    List<Column> shared =
        columns.stream()
            .filter(
                c ->
                    oldTypes.containsKey(c.name())
                        && oldTypes.get(c.name()).equals(newTypes.get(c.name())))
            .toList();
    if (!keys.stream()
        .allMatch(k -> oldTypes.containsKey(k) && oldTypes.get(k).equals(newTypes.get(k)))) {
      // Nothing to compare by: the table is new, or its key is, or of another type.
      return new Table(
          name,
          List.of(),
          oldTypes.isEmpty() ? 0 : count(connection, old.table(name)),
          count(connection, next.table(name)),
          oldTypes.isEmpty() ? 0 : count(connection, old.table(name)),
          count(connection, next.table(name)),
          0,
          List.of());
    }
    String join =
        keys.stream().map(k -> "o." + k + " = n." + k).collect(Collectors.joining(" AND "));
    String key =
        keys.stream()
            .map(k -> "coalesce(o.%s, n.%s)::text".formatted(k, k))
            .collect(Collectors.joining(", "));
    String sql =
        """
        WITH o AS (SELECT %s, %s AS hash FROM %s), n AS (SELECT %s, %s AS hash FROM %s)
        SELECT concat_ws(', ', %s), o.hash IS NULL, n.hash IS NULL,
            count(*) FILTER (WHERE o.hash IS NULL) OVER (), count(*) FILTER (WHERE n.hash IS NULL) OVER (),
            count(*) FILTER (WHERE o.hash <> n.hash) OVER ()
          FROM o FULL JOIN n ON %s WHERE o.hash IS DISTINCT FROM n.hash ORDER BY 1 LIMIT %d"""
            .formatted(
                String.join(", ", keys),
                hash(shared),
                old.table(name),
                String.join(", ", keys),
                hash(shared),
                next.table(name),
                key,
                join,
                EXAMPLES);
    long[] counts = new long[3];
    List<Difference> examples = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet results = statement.executeQuery(sql)) {
      while (results.next()) {
        boolean onlyNew = results.getBoolean(2);
        boolean onlyOld = results.getBoolean(3);
        for (int i = 0; i < counts.length; i++) {
          counts[i] = results.getLong(4 + i);
        }
        examples.add(
            new Difference(
                results.getString(1),
                onlyNew ? "only in the new" : onlyOld ? "only in the old" : "changed",
                List.of()));
      }
    }
    return new Table(
        name,
        shared.stream().map(Column::name).toList(),
        count(connection, old.table(name)),
        count(connection, next.table(name)),
        counts[1],
        counts[0],
        counts[2],
        withColumns(connection, name, old, next, keys, shared, examples));
  }

  /** Which columns of the changed rows among the examples differ. */
  private static List<Difference> withColumns(
      Connection connection,
      String name,
      Generation old,
      Generation next,
      List<String> keys,
      List<Column> columns,
      List<Difference> examples)
      throws SQLException {
    if (examples.stream().noneMatch(e -> e.kind().equals("changed"))) {
      return examples;
    }
    String keyText =
        "concat_ws(', ', %s)"
            .formatted(
                keys.stream().map(k -> "o." + k + "::text").collect(Collectors.joining(", ")));
    String sql =
        "SELECT %s, array_remove(ARRAY[%s], NULL) FROM %s o JOIN %s n ON %s WHERE %s = ANY(?::text[])"
            .formatted(
                keyText,
                columns.stream()
                    .map(
                        c ->
                            "CASE WHEN o.%s IS DISTINCT FROM n.%s THEN '%s' END"
                                .formatted(c.name(), c.name(), c.name()))
                    .collect(Collectors.joining(", ")),
                old.table(name),
                next.table(name),
                keys.stream().map(k -> "o." + k + " = n." + k).collect(Collectors.joining(" AND ")),
                keyText);
    Map<String, List<String>> differing = new HashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      Sql.bind(statement, 1, examples.stream().map(Difference::key).toList());
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          differing.put(results.getString(1), List.of((String[]) results.getArray(2).getArray()));
        }
      }
    }
    return examples.stream()
        .map(e -> new Difference(e.key(), e.kind(), differing.getOrDefault(e.key(), List.of())))
        .toList();
  }

  /** Equal rows have equal hashes: a number is the same whatever zeros it ends in. */
  private static String hash(List<Column> columns) {
    return "md5(row(%s)::text)"
        .formatted(
            columns.stream()
                .map(c -> c.kind() == Kind.NUMERIC ? "trim_scale(" + c.name() + ")" : c.name())
                .collect(Collectors.joining(", ")));
  }

  private static long count(Connection connection, String table) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet results = statement.executeQuery("SELECT count(*) FROM " + table)) {
      results.next();
      return results.getLong(1);
    }
  }

  /** By column, what it takes to be compared; empty if there is no such table. */
  private static Map<String, String> types(Connection connection, String table)
      throws SQLException {
    Map<String, String> types = new HashMap<>();
    try (PreparedStatement statement =
        connection.prepareStatement(
            """
            SELECT attname, concat_ws(' ', format_type(atttypid, atttypmod), attcollation) FROM pg_attribute
              WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped""")) {
      statement.setString(1, table);
      try (ResultSet results = statement.executeQuery()) {
        while (results.next()) {
          types.put(results.getString(1), results.getString(2));
        }
      }
    }
    return types;
  }
}
