package io.headrace.query.platform.view;

import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import java.util.List;

/**
 * A view that can be had whole, at {@code GET /views/{name}/export}.
 *
 * @param <E> the entity over the relation
 * @param <I> the type of its key
 * @param <R> the representation of one row: a record that is {@code @RegisterForReflection}
 */
public interface ExportableView<E, I, R> extends View, PanacheRepositoryBase<E, I> {

  /** The representation's type. */
  Class<R> representation();

  /** Pure; called on an event loop, so it neither blocks nor reads. */
  R represent(E row);

  /** What tells a row from all others, and what an export is ordered by: an index serves it. */
  List<Attribute<E>> keys();

  /**
   * The attributes that rows can be restricted by, with the {@linkplain Attribute#operators()
   * comparisons} of their types.
   */
  default List<Attribute<E>> filters() {
    return List.of();
  }

  /** An HQL condition on the rows that exist for readers. */
  default String visible() {
    return "1 = 1";
  }
}
