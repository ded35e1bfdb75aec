package io.headrace.projection.platform.engine;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.headrace.projection.platform.engine.CompiledRollup.Total;
import io.headrace.projection.platform.engine.Fold.Rolled;
import io.headrace.projection.platform.engine.Fold.Written;
import io.headrace.projection.platform.engine.Lane.Parked;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A view's tables without a database: rows are kept as the texts that PostgreSQL would be given.
 */
final class MemoryTables<R extends Record> {

  private final CompiledView<R> view;
  private final Map<String, @Nullable String[]> rows = new TreeMap<>();
  private final Map<String, Long> versions = new HashMap<>();
  private final Map<String, Map<Record, List<BigDecimal>>> totals = new TreeMap<>();
  private final List<Parked> parked = new ArrayList<>();
  private @Nullable Fold<R> last;
  private final Map<String, @Nullable String[]> rowsBeforeLast = new TreeMap<>();
  private final Map<String, Long> versionsBeforeLast = new HashMap<>();

  MemoryTables(CompiledView<R> view) {
    this.view = view;
    view.rollups().forEach(rollup -> totals.put(rollup.name(), new HashMap<>()));
  }

  void take(List<Inbound> batch) {
    Fold<R> fold = new Fold<>(view, batch);
    fold.streams();
    Map<String, R> loaded = new HashMap<>();
    for (String key : fold.keysAtMost()) {
      if (rows.containsKey(key)) {
        loaded.put(key, read(rows.get(key)));
      }
    }
    fold.take(versions, lanes(Lane.Kind.STREAM));
    List<String> keys = fold.keysBut(Set.of());
    if (!fold.keysAtMost().containsAll(keys)) {
      throw new AssertionError("touches rows that were not foreseen: " + keys);
    }
    fold.fold(loaded, Map.of(), lanes(Lane.Kind.KEY));
    if (parked.isEmpty()) {
      foresee(batch, fold);
    }
    last = fold;
    rowsBeforeLast.clear();
    rowsBeforeLast.putAll(rows);
    versionsBeforeLast.clear();
    versionsBeforeLast.putAll(versions);
    for (Written<R> each : fold.inserts()) {
      if (rows.put(each.key(), each.texts()) != null) {
        throw new AssertionError("inserted, but was there: " + each.key());
      }
    }
    for (Written<R> each : fold.updates()) {
      if (rows.put(each.key(), each.texts()) == null) {
        throw new AssertionError("updated, but was not there: " + each.key());
      }
    }
    fold.deletes().forEach(rows::remove);
    fold.rolled().forEach(this::add);
    versions.putAll(fold.versions());
    parked.addAll(fold.parked());
  }

  /** The batch is folded while the last one is being written, and comes to the same. */
  private void foresee(List<Inbound> batch, Fold<R> inItsTurn) {
    Fold<R> fold = new Fold<>(view, batch);
    Map<String, R> loaded = new HashMap<>();
    for (String key : fold.keysAtMost()) {
      if (rowsBeforeLast.containsKey(key)) {
        loaded.put(key, read(rowsBeforeLast.get(key)));
      }
    }
    Map<String, Long> known = new HashMap<>(versionsBeforeLast);
    if (last != null) {
      last.putOver(known, loaded);
    }
    fold.take(known, Set.of());
    fold.fold(loaded, Map.of(), Set.of());
    if (!written(fold).equals(written(inItsTurn))) {
      throw new AssertionError(
          "foreseen as %s, came as %s".formatted(written(fold), written(inItsTurn)));
    }
  }

  private static <R extends Record> List<Object> written(Fold<R> fold) {
    return List.of(
        texts(fold.inserts()),
        texts(fold.updates()),
        fold.deletes(),
        fold.versions(),
        fold.parked().size());
  }

  private static <R extends Record> List<List<@Nullable String>> texts(List<Written<R>> rows) {
    return rows.stream().map(each -> Arrays.asList(each.texts())).toList();
  }

  private Set<String> lanes(Lane.Kind kind) {
    Set<String> lanes = new HashSet<>();
    for (Parked each : parked) {
      if (each.lane().kind() == kind) {
        lanes.add(each.lane().id());
      }
    }
    return lanes;
  }

  private <K extends Record, M extends Record> void add(Rolled<R, K, M> rolled) {
    Map<Record, List<BigDecimal>> table =
        Objects.requireNonNull(totals.get(rolled.rollup().name()));
    for (Total<K> delta : rolled.deltas().inKeyOrder()) {
      List<BigDecimal> sum = new ArrayList<>();
      List<BigDecimal> before = table.get(delta.key());
      for (int i = 0; i < delta.measures().length; i++) {
        BigDecimal value = delta.measures()[i];
        sum.add(before == null ? value : before.get(i).add(value));
      }
      if (sum.stream().allMatch(value -> value.signum() == 0)) {
        table.remove(delta.key());
      } else {
        table.put(delta.key(), sum);
      }
    }
  }

  Map<String, R> rows() {
    Map<String, R> result = new TreeMap<>();
    rows.forEach((key, texts) -> result.put(key, read(texts)));
    return result;
  }

  Map<String, Long> versions() {
    return versions;
  }

  List<Parked> parked() {
    return parked;
  }

  /** By rollup and key, measures without trailing zeros. */
  Map<String, Map<Record, List<BigDecimal>>> totals() {
    return plain(totals);
  }

  /** The same, from the rows alone. */
  Map<String, Map<Record, List<BigDecimal>>> sumsOverRows() {
    return Environment.sums(view, rows().values());
  }

  private static Map<String, Map<Record, List<BigDecimal>>> plain(
      Map<String, Map<Record, List<BigDecimal>>> tables) {
    Map<String, Map<Record, List<BigDecimal>>> result = new TreeMap<>();
    tables.forEach(
        (name, table) -> {
          Map<Record, List<BigDecimal>> plain = new HashMap<>();
          table.forEach(
              (key, values) ->
                  plain.put(key, values.stream().map(BigDecimal::stripTrailingZeros).toList()));
          result.put(name, plain);
        });
    return result;
  }

  private R read(@Nullable String[] texts) {
    Object[] values = new Object[texts.length];
    for (int i = 0; i < texts.length; i++) {
      values[i] = parse(view.codec().columns().get(i), texts[i]);
    }
    return view.codec().create(values);
  }

  private static @Nullable Object parse(RecordCodec.Column column, @Nullable String text) {
    if (text == null) {
      return null;
    }
    return switch (column.kind()) {
      case TEXT -> text;
      case INTEGER -> Integer.valueOf(text);
      case BIGINT -> Long.valueOf(text);
      case BOOLEAN -> Boolean.valueOf(text);
      case NUMERIC -> new BigDecimal(text);
      case TIMESTAMP -> Instant.parse(text);
      case DATE -> LocalDate.parse(text);
      case JSON -> {
        try {
          yield Objects.requireNonNull(column.reader()).readValue(text);
        } catch (JsonProcessingException e) {
          throw new AssertionError(column.name() + " does not read what it has written", e);
        }
      }
    };
  }
}
