package io.headrace.projection.platform.view;

import java.util.List;

/**
 * Totals over the rows of a view, by a key. When a row changes, what the old row contributed is
 * subtracted and what the new one contributes is added, in the transaction of the row; so at every
 * commit the totals equal the sum over the rows, whatever the order of the events was (ADR 0003).
 *
 * <p>A total exists in the table while one of its measures is not zero.
 *
 * @param <R> the row of the view
 * @param <K> a record, its components the key columns, none null
 * @param <M> a record of {@code long} and {@code BigDecimal} components, the columns that are added
 *     up
 */
public interface Rollup<R extends Record, K extends Record, M extends Record> {

  /** As {@link View#name}. */
  String name();

  Class<K> keyType();

  Class<M> measuresType();

  /**
   * What a row adds to the totals. Pure. The same key may occur several times.
   *
   * @param row as it was written or is about to be
   */
  List<Contribution<K, M>> contributions(R row);

  /** A share of one total. */
  record Contribution<K extends Record, M extends Record>(K key, M measures) {}
}
