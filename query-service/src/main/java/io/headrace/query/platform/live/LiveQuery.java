package io.headrace.query.platform.live;

import io.headrace.query.platform.view.ResourceView;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What is watched: one row, or the rows of a list.
 *
 * @param name tells this query, and how its rows are represented, from every other; those of one
 *     name are answered together
 * @param key of the row; empty for a list
 * @param condition on the rows of a list, in HQL; empty for all that are visible
 * @param parameters of the condition
 * @param matches the same condition on a row that was read
 * @param order of the list: the last clause of its HQL
 * @param limit how many rows of the list are told at first
 * @param variant tells what is told of a row from what other queries tell of it
 * @param represent what is told of a row; pure
 */
public record LiveQuery<E>(
    ResourceView<E, ?, ?> view,
    String name,
    Optional<Object> key,
    String condition,
    Map<String, Object> parameters,
    Predicate<E> matches,
    String order,
    int limit,
    String variant,
    Function<E, Object> represent) {

  /** A row, whether or not it exists yet. */
  public static <E> LiveQuery<E> row(
      ResourceView<E, ?, ?> view, Object key, String variant, Function<E, Object> represent) {
    return new LiveQuery<>(
        view,
        String.join("\0", view.name(), "row", key.toString(), variant),
        Optional.of(key),
        "",
        Map.of(),
        _ -> true,
        "",
        1,
        variant,
        represent);
  }

  boolean isFiltered() {
    return !condition.isEmpty();
  }
}
