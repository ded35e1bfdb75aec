package io.headrace.projection.platform.engine;

import io.headrace.projection.platform.view.Rollup;
import io.headrace.projection.platform.view.Rollup.Contribution;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A rollup made ready to run. */
final class CompiledRollup<R extends Record, K extends Record, M extends Record> {

  private final Rollup<R, K, M> rollup;
  private final RecordCodec<K> keys;
  private final RecordCodec<M> measures;

  CompiledRollup(Rollup<R, K, M> rollup) {
    this.rollup = rollup;
    this.keys = RecordCodec.of(rollup.keyType());
    this.measures = RecordCodec.of(rollup.measuresType());
    for (RecordCodec.Column key : keys.columns()) {
      if (key.kind() == RecordCodec.Kind.JSON || key.kind() == RecordCodec.Kind.NUMERIC) {
        // Equal numerics may differ in scale, equal JSON in text: then equal keys would not be.
        throw new IllegalStateException(
            "rollup %s: %s cannot be part of a key".formatted(rollup.name(), key.name()));
      }
    }
    for (RecordCodec.Column measure : measures.columns()) {
      if (measure.kind() != RecordCodec.Kind.BIGINT && measure.kind() != RecordCodec.Kind.NUMERIC) {
        throw new IllegalStateException(
            "rollup %s: %s is neither a long nor a BigDecimal"
                .formatted(rollup.name(), measure.name()));
      }
    }
  }

  String name() {
    return rollup.name();
  }

  RecordCodec<K> keys() {
    return keys;
  }

  RecordCodec<M> measures() {
    return measures;
  }

  /** What the change of one row changes in the totals; not yet merged with other rows' changes. */
  Change<K, M> change(@Nullable R before, @Nullable R after) {
    return new Change<>(
        before == null ? List.of() : rollup.contributions(before),
        after == null ? List.of() : rollup.contributions(after));
  }

  Deltas<K, M> deltas() {
    return new Deltas<>(keys, measures);
  }

  record Change<K extends Record, M extends Record>(
      List<Contribution<K, M>> subtracted, List<Contribution<K, M>> added) {}

  /** The sum of changes, by key. */
  static final class Deltas<K extends Record, M extends Record> {

    private final RecordCodec<K> keys;
    private final RecordCodec<M> measures;
    private final Map<K, BigDecimal[]> sums = new HashMap<>();

    Deltas(RecordCodec<K> keys, RecordCodec<M> measures) {
      this.keys = keys;
      this.measures = measures;
    }

    void add(Change<K, M> change) {
      if (change.subtracted.equals(change.added)) {
        return;
      }
      change.subtracted.forEach(c -> add(c, true));
      change.added.forEach(c -> add(c, false));
    }

    private void add(Contribution<K, M> contribution, boolean negated) {
      BigDecimal[] sum =
          sums.computeIfAbsent(
              keys.canonical(contribution.key()),
              k -> {
                BigDecimal[] zeros = new BigDecimal[measures.columns().size()];
                Arrays.fill(zeros, BigDecimal.ZERO);
                return zeros;
              });
      for (int i = 0; i < sum.length; i++) {
        Object value = measures.value(contribution.measures(), i);
        BigDecimal amount =
            value instanceof BigDecimal decimal ? decimal : BigDecimal.valueOf((long) value);
        sum[i] = negated ? sum[i].subtract(amount) : sum[i].add(amount);
      }
    }

    /** By key column by column: every transaction locks totals in this order. */
    List<Total<K>> inKeyOrder() {
      List<Total<K>> changed = new ArrayList<>();
      sums.forEach(
          (key, sum) -> {
            for (BigDecimal measure : sum) {
              if (measure.signum() != 0) {
                changed.add(new Total<>(key, sum));
                return;
              }
            }
          });
      changed.sort((a, b) -> compare(a.key, b.key));
      return changed;
    }

    private int compare(K a, K b) {
      for (int i = 0; i < keys.columns().size(); i++) {
        int order = compareValues(keys.value(a, i), keys.value(b, i));
        if (order != 0) {
          return order;
        }
      }
      return 0;
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // Key columns are of kinds that compare.
    private static int compareValues(Object a, Object b) {
      return ((Comparable) a).compareTo(b);
    }
  }

  record Total<K extends Record>(K key, BigDecimal[] measures) {}
}
