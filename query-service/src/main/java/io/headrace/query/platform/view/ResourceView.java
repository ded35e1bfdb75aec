package io.headrace.query.platform.view;

import java.util.List;

/**
 * A view whose rows are resources. It is served by itself:
 *
 * <ul>
 *   <li>{@code GET /{name}/{key}}: one row;
 *   <li>{@code GET /{name}}: pages of rows, by the declared filters, in a declared order;
 *   <li>{@code GET /views/{name}/export}: all of them, see {@link ExportableView};
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
public interface ResourceView<E, I, R> extends ExportableView<E, I, R> {

  /** A representation as it could be answered; shown in OpenAPI. */
  R example();

  /** What a row is found by. Unique, never null; also the last criterion of every order. */
  Attribute<E> key();

  @Override
  default List<Attribute<E>> keys() {
    return List.of(key());
  }

  /**
   * The orders that a list can be asked for, the first being the default. At least one. The
   * attributes of a sort are never null in a row that is {@linkplain #visible() visible}. Where
   * they change, a row moves, and whoever is reading page by page may miss it or see it twice; by
   * those that never change (and the key never does) every row is seen exactly once.
   */
  List<Sort<E>> sorts();

  /**
   * Views that have to do with the row, and the commands that its state allows now. Pure, as {@link
   * #represent}. Links to the row itself and to the list of all rows need not be told.
   */
  default List<Link> links(E row, R representation) {
    return List.of();
  }

  /** What belongs to a row in other views, for clients of GraphQL. */
  default List<Relation<R, ?, ?>> relations() {
    return List.of();
  }

  /** The owners of rows that have a list of their own. */
  default List<Within> within() {
    return List.of();
  }
}
