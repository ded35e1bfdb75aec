package io.headrace.query.platform.view;

import io.quarkus.hibernate.reactive.panache.PanacheRepositoryBase;
import java.util.List;

/**
 * A view whose rows are resources. It is served by itself:
 *
 * <ul>
 *   <li>{@code GET /{name}/{key}}: one row;
 *   <li>{@code GET /{name}}: pages of rows, by the declared filters, in a declared order;
 *   <li>{@code GET /{collection}/{value}/{name}} for each {@link Within}: the same, of one owner.
 * </ul>
 *
 * Whatever is not declared here cannot be asked for. Names of attributes are those of the entity
 * and, in the same spelling, of the query parameters and the path.
 *
 * @param <E> the entity over the relation
 * @param <I> the type of its key
 * @param <R> the representation: a record that is {@code @RegisterForReflection} and
 *     {@code @Schema}
 */
public interface ResourceView<E, I, R> extends View, PanacheRepositoryBase<E, I> {

  /** The representation's type. */
  Class<R> representation();

  /** Pure; called on an event loop, so it neither blocks nor reads. */
  R represent(E row);

  /** A representation as it could be answered; shown in OpenAPI. */
  R example();

  /** What a row is found by. Unique, never null; also the last criterion of every order. */
  Attribute<E> key();

  /** The attributes that a list can be restricted by, each to one value. */
  default List<Attribute<E>> filters() {
    return List.of();
  }

  /**
   * The orders that a list can be asked for, the first being the default. At least one. The
   * attribute of a sort is never null in a row that is {@linkplain #visible() visible}.
   */
  List<Sort<E>> sorts();

  /** The owners of rows that have a list of their own. */
  default List<Within> within() {
    return List.of();
  }

  /** An HQL condition on the rows that exist for readers. */
  default String visible() {
    return "1 = 1";
  }
}
