package io.headrace.query.platform.http;

import io.headrace.query.platform.view.Criterion;
import io.headrace.query.platform.view.ExportableView;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keyset pages: a page begins at a value, not at a count. A row that exists throughout is therefore
 * seen exactly once by whoever follows the links, whatever is inserted or removed meanwhile, and a
 * deep page costs what the first one costs.
 *
 * <p>It holds because (sort values, key) orders all rows without ties, and a page is exactly the
 * first {@code limit} rows beyond a place in that order. It needs sort values that do not change.
 */
final class Pages {

  private Pages() {}

  /**
   * @param rows in the order of the list
   * @param previous whether there may be a page before the first row
   * @param next whether there is a page after the last row
   * @param total of the rows of the whole list, where it was asked for
   */
  record Page<E>(List<E> rows, boolean previous, boolean next, OptionalLong total) {}

  /** Within a session. */
  static <E> Uni<Page<E>> read(PageRequest<E> request) {
    return request.total()
        ? rows(request)
            .chain(
                page ->
                    count(request)
                        .map(
                            total ->
                                new Page<>(
                                    page.rows(),
                                    page.previous(),
                                    page.next(),
                                    OptionalLong.of(total))))
        : rows(request);
  }

  /** Within a session; a null item if there is none. */
  static <E> Uni<@Nullable E> byKey(ResourceView<E, ?, ?> view, Object key) {
    return view.find(view.visible() + " and " + view.key().name() + " = :key", Map.of("key", key))
        .firstResult();
  }

  /** Within a session: those that there are, each under its key. */
  static <E> Uni<Map<Object, E>> byKeys(ResourceView<E, ?, ?> view, List<Object> keys) {
    var array = array(keys);
    return array == null
        ? oneByOne(view, keys)
        : view.find(view.visible() + " and " + view.key().isAnyOf(":keys"), Map.of("keys", array))
            .<E>list()
            .map(
                rows ->
                    rows.stream()
                        .collect(
                            Collectors.toUnmodifiableMap(view.key().of(), Function.identity())));
  }

  /**
   * As an array, so that there is one statement for any number of keys. Null for types of which the
   * database takes values for the same that Java does not, such as 1.5 and 1.50.
   */
  private static Object @Nullable [] array(List<Object> keys) {
    return switch (keys.getFirst()) {
      case String _ -> keys.toArray(String[]::new);
      case Integer _ -> keys.toArray(Integer[]::new);
      case Long _ -> keys.toArray(Long[]::new);
      default -> null;
    };
  }

  private static <E> Uni<Map<Object, E>> oneByOne(ResourceView<E, ?, ?> view, List<Object> keys) {
    var rows = new HashMap<Object, E>();
    var all = Uni.createFrom().<Map<Object, E>>item(rows);
    for (var key : keys) {
      all =
          all.chain(
              () ->
                  byKey(view, key)
                      .invoke(
                          row -> {
                            if (row != null) {
                              rows.put(key, row);
                            }
                          })
                      .replaceWith(rows));
    }
    return all;
  }

  private static <E> Uni<Page<E>> rows(PageRequest<E> request) {
    var parameters = new HashMap<String, Object>();
    var order = request.sort().total(request.view().key());
    var hql = new StringBuilder(where(request.view(), request.criteria(), parameters));
    request
        .place()
        .ifPresent(
            place ->
                hql.append(" and ")
                    .append(beyond(place.values(), order, request.backwards(), parameters)));
    hql.append(orderBy(order, request.backwards()));

    // One more than asked for tells whether there is a further page, without counting.
    return request
        .view()
        .find(hql.toString(), parameters)
        .range(0, request.limit())
        .<E>list()
        .map(found -> page(request, found));
  }

  private static <E> Uni<Long> count(PageRequest<E> request) {
    var parameters = new HashMap<String, Object>();
    var where = where(request.view(), request.criteria(), parameters);
    return request.view().count(where, parameters);
  }

  /** Only names that a view declares get into the text; what the client says is bound. */
  static <E> String where(
      ExportableView<E, ?, ?> view, List<Criterion<E>> criteria, Map<String, Object> parameters) {
    var hql = new StringBuilder(view.visible());
    for (var criterion : criteria) {
      hql.append(" and ").append(criterion.hql(parameters));
    }
    return hql.toString();
  }

  static <E> String orderBy(List<Sort.Term<E>> order, boolean backwards) {
    return order.stream()
        .map(it -> it.by().name() + (it.descending() != backwards ? " desc" : ""))
        .collect(Collectors.joining(", ", " order by ", ""));
  }

  /**
   * Beyond a place in an order. A page backwards is the first page of the list turned around.
   *
   * <p>Where all directions are the same, rows are compared as a whole, because PostgreSQL then
   * begins to read its index at the place. Otherwise the first term bounds what is read: beyond it,
   * or equal in it and beyond in those that follow.
   */
  static <E> String beyond(
      List<Object> place,
      List<Sort.Term<E>> order,
      boolean backwards,
      Map<String, Object> parameters) {
    for (int i = 0; i < order.size(); i++) {
      parameters.put("place" + i, place.get(i));
    }
    var directions = order.stream().map(Sort.Term::descending).distinct().toList();
    if (directions.size() == 1) {
      var names = order.stream().map(it -> it.by().name()).collect(Collectors.joining(", "));
      var places = new ArrayList<String>();
      for (int i = 0; i < order.size(); i++) {
        places.add(":place" + i);
      }
      return "(%s) %s (%s)"
          .formatted(names, after(directions.getFirst(), backwards), String.join(", ", places));
    }
    var beyond = "";
    for (int i = order.size() - 1; i >= 0; i--) {
      var name = order.get(i).by().name();
      var after = after(order.get(i).descending(), backwards);
      beyond =
          beyond.isEmpty()
              ? "%s %s :place%d".formatted(name, after, i)
              : "%1$s %2$s= :place%3$d and (%1$s %2$s :place%3$d or %4$s)"
                  .formatted(name, after, i, beyond);
    }
    return '(' + beyond + ')';
  }

  private static String after(boolean descending, boolean backwards) {
    return descending != backwards ? "<" : ">";
  }

  private static <E> Page<E> page(PageRequest<E> request, List<E> found) {
    var more = found.size() > request.limit();
    var rows = new ArrayList<>(more ? found.subList(0, request.limit()) : found);
    if (request.backwards()) {
      Collections.reverse(rows);
      return new Page<>(rows, more, true, OptionalLong.empty());
    }
    return new Page<>(rows, request.place().isPresent(), more, OptionalLong.empty());
  }
}
