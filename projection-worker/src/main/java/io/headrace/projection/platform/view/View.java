package io.headrace.projection.platform.view;

import java.util.List;

/**
 * A read table, declared as a pure fold of events. A context offers it as a CDI bean; the platform
 * does the rest.
 *
 * <p>The row that results from a set of streams must not depend on how their events are
 * interleaved: Kafka keeps the order within a stream and nothing more. The view test kit shuffles
 * them to prove it.
 *
 * <p>The engine applies each event exactly once, in stream order. To come to that it may call a
 * view for the same event again and again, and from several threads at a time (a batch, a redrive,
 * a rebuild): all that a view declares are pure functions, which keep nothing between two calls. An
 * exception from a view parks the event, and later events of its key, and holds nothing else up.
 *
 * @param <R> the row: a record whose components are the table's columns in snake case, the first of
 *     them the key, a {@code String}. Components may be {@code String}, {@code int}, {@code long},
 *     {@code boolean} and their boxes, {@code BigDecimal}, {@code Instant} and {@code LocalDate};
 *     any other type is stored as {@code jsonb}. Carries {@code @RegisterForReflection}.
 */
public interface View<R extends Record> {

  /** The name of the SQL view that readers use; the table is {@code <name>_g<generation>}. */
  String name();

  /** To be raised when rows already written would come out differently from this code. */
  default int version() {
    return 1;
  }

  Class<R> rowType();

  /** One for each context whose events this view folds. */
  List<Source<R, ?>> sources();

  /** Totals over this view's rows, kept in the same transaction as the rows. */
  default List<Rollup<R, ?, ?>> rollups() {
    return List.of();
  }
}
