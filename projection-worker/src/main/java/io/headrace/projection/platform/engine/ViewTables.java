package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.engine.CompiledRollup.Total;
import io.headrace.projection.platform.engine.Fold.Rolled;
import io.headrace.projection.platform.engine.Fold.Written;
import io.headrace.projection.platform.engine.Pipeline.Otherwise;
import io.headrace.projection.platform.engine.Pipeline.Parameters;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The tables of one generation of a view: its rows and its rollups.
 *
 * <p><b>Why concurrent transactions neither lose an update nor deadlock.</b> The events of one row
 * come from several partitions, so two workers may fold into one row, and into one total, at the
 * same time. Every transaction takes its locks in one order of classes: its partitions (each only
 * ever disputed between an owner and a zombie), the rows that exist in key order ({@link #load}),
 * the rows it creates in key order, then rollup by rollup the totals in key order.
 *
 * <ul>
 *   <li>A row that exists is locked before it is read, so nobody changes it between our reading and
 *       our writing.
 *   <li>A row that does not exist cannot be locked. We insert it with ON CONFLICT DO NOTHING: if
 *       another transaction has created it since we looked, or does so while we wait for it, our
 *       insert is missing from the count, and the batch starts over, now finding the row. Nothing
 *       was written over.
 *   <li>Within the rows, waiting happens in two phases that do not wait on each other: a
 *       transaction that inserts never waits for a lock on an existing row (a conflict with a
 *       committed row returns at once), so one in its first phase may wait for one in its second,
 *       never the other way round. Updates and deletes come after the inserts, on rows already
 *       locked; an insert may meet a row while its owner deletes it, and waits; that owner has no
 *       insert left to wait with.
 *   <li>Totals are only ever added to, by the database, so the order of transactions does not
 *       matter; they come last, for their rows are the hottest.
 * </ul>
 *
 * Should PostgreSQL find a deadlock all the same, one of the two starts over.
 */
final class ViewTables<R extends Record> {

  private final RecordCodec<R> codec;
  private final String table;
  private final String read;
  private final String load;
  private final String insert;
  private final String update;
  private final String delete;
  private final Map<CompiledRollup<R, ?, ?>, RollupSql> rollups = new HashMap<>();

  ViewTables(CompiledView<R> view, int generation) {
    this.codec = view.codec();
    this.table = table(view.name(), generation);
    List<String> names = codec.names();
    String key = names.getFirst();
    String columns = codec.nameList();
    this.read = "SELECT %s FROM %s WHERE %s = ANY(?::text[])".formatted(columns, table, key);
    this.load = read + " ORDER BY %s FOR UPDATE".formatted(key);
    this.insert =
        "INSERT INTO %s (%s) SELECT * FROM unnest(%s) ON CONFLICT (%s) DO NOTHING"
            .formatted(table, columns, codec.arrays(), key);
    this.update =
        "UPDATE %s AS t SET %s FROM unnest(%s) AS u (%s) WHERE t.%s = u.%s"
            .formatted(
                table,
                names.stream()
                    .skip(1)
                    .map(name -> name + " = u." + name)
                    .collect(Collectors.joining(", ")),
                codec.arrays(),
                columns,
                key,
                key);
    this.delete = "DELETE FROM %s WHERE %s = ANY(?::text[])".formatted(table, key);
    for (CompiledRollup<R, ?, ?> rollup : view.rollups()) {
      rollups.put(rollup, RollupSql.of(rollup, generation));
    }
  }

  static String table(String name, int generation) {
    return name + "_g" + generation;
  }

  /** Reads and locks, in key order, those of the rows that exist. */
  Loaded<R> load(Connection connection, Collection<String> keys) throws SQLException {
    Loaded<R> loaded = new Loaded<>();
    Pipeline pipeline = new Pipeline(connection);
    load(pipeline, keys, loaded);
    pipeline.send();
    return loaded;
  }

  void load(Pipeline pipeline, Collection<String> keys, Loaded<R> loaded) {
    rows(pipeline, load, keys, loaded);
  }

  /** Reads those of the rows that exist, and locks none. */
  void read(Pipeline pipeline, Collection<String> keys, Loaded<R> loaded) {
    rows(pipeline, read, keys, loaded);
  }

  private void rows(Pipeline pipeline, String sql, Collection<String> keys, Loaded<R> loaded) {
    if (keys.isEmpty()) {
      return;
    }
    pipeline.query(
        sql,
        parameters -> parameters.array(keys),
        results -> {
          while (results.next()) {
            String key = results.getString(1);
            try {
              loaded.rows.put(key, codec.read(results, 1));
            } catch (IllegalArgumentException e) {
              loaded.unreadable.put(key, Inbound.describe(e));
            }
          }
        });
  }

  record Loaded<R extends Record>(Map<String, R> rows, Map<String, String> unreadable) {

    Loaded() {
      this(new HashMap<>(), new HashMap<>());
    }
  }

  /**
   * Should a row have appeared, its insert fails, and nothing that follows is tried with what was
   * made of its absence.
   */
  void write(Pipeline pipeline, Fold<R> fold) {
    write(pipeline, insert, fold.inserts(), Otherwise.startOver("a row has appeared"));
    change(pipeline, fold);
  }

  /** The rows that are new; the rest is for {@link #change}. */
  Copy inserts(Fold<R> fold) {
    return Copy.of(table, codec.names(), fold.inserts().stream().map(Written::texts).toList());
  }

  /** All but the rows that are new. */
  void change(Pipeline pipeline, Fold<R> fold) {
    write(
        pipeline,
        update,
        fold.updates(),
        Otherwise.defect("a locked row has vanished: two keys that PostgreSQL holds equal?"));
    if (!fold.deletes().isEmpty()) {
      pipeline.update(delete, parameters -> parameters.array(fold.deletes()), _ -> {});
    }
    for (Rolled<R, ?, ?> rolled : fold.rolled()) {
      add(pipeline, rolled);
    }
  }

  private void write(Pipeline pipeline, String sql, List<Written<R>> rows, Otherwise otherwise) {
    if (!rows.isEmpty()) {
      pipeline.update(
          sql,
          parameters ->
              bindColumns(
                  parameters,
                  codec.columns().size(),
                  rows.stream().<@Nullable String[]>map(Written::texts).toList()),
          rows.size(),
          otherwise);
    }
  }

  private <K extends Record, M extends Record> void add(Pipeline pipeline, Rolled<R, K, M> rolled) {
    List<Total<K>> totals = rolled.deltas().inKeyOrder();
    RollupSql sql = rollups.get(rolled.rollup());
    if (totals.isEmpty() || sql == null) {
      return;
    }
    RecordCodec<K> keys = rolled.rollup().keys();
    int width = keys.columns().size();
    List<@Nullable String[]> keyTexts =
        totals.stream().<@Nullable String[]>map(t -> keys.encode(t.key())).toList();
    int measures = rolled.rollup().measures().columns().size();
    pipeline.update(
        sql.add,
        parameters -> {
          bindColumns(parameters, width, keyTexts);
          for (int measure = 0; measure < measures; measure++) {
            List<@Nullable String> values = new ArrayList<>(totals.size());
            for (Total<K> total : totals) {
              values.add(plain(total.measures()[measure]));
            }
            parameters.array(values);
          }
        },
        _ -> {});
    // Which totals have become zero is known to the database; to ask would be to wait for it.
    pipeline.update(
        sql.deleteZeros, parameters -> bindColumns(parameters, width, keyTexts), _ -> {});
  }

  private static String plain(BigDecimal value) {
    return value.toPlainString();
  }

  private static void bindColumns(Parameters parameters, int width, List<@Nullable String[]> rows) {
    for (int column = 0; column < width; column++) {
      List<@Nullable String> values = new ArrayList<>(rows.size());
      for (@Nullable String[] row : rows) {
        values.add(row[column]);
      }
      parameters.array(values);
    }
  }

  private record RollupSql(String add, String deleteZeros) {

    static RollupSql of(CompiledRollup<?, ?, ?> rollup, int generation) {
      String table = table(rollup.name(), generation);
      String keys = rollup.keys().nameList();
      List<String> measures = rollup.measures().names();
      String allZero =
          measures.stream().map(m -> "t." + m + " = 0").collect(Collectors.joining(" AND "));
      String keysOfTable =
          rollup.keys().names().stream().map(k -> "t." + k).collect(Collectors.joining(", "));
      String add =
          "INSERT INTO %s AS t (%s, %s) SELECT * FROM unnest(%s, %s) ON CONFLICT (%s) DO UPDATE SET %s"
              .formatted(
                  table,
                  keys,
                  String.join(", ", measures),
                  rollup.keys().arrays(),
                  rollup.measures().arrays(),
                  keys,
                  measures.stream()
                      .map(m -> "%s = t.%s + excluded.%s".formatted(m, m, m))
                      .collect(Collectors.joining(", ")));
      String deleteZeros =
          "DELETE FROM %s AS t WHERE (%s) IN (SELECT * FROM unnest(%s)) AND %s"
              .formatted(table, keysOfTable, rollup.keys().arrays(), allZero);
      return new RollupSql(add, deleteZeros);
    }
  }
}
