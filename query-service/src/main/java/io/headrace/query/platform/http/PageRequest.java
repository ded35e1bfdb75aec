package io.headrace.query.platform.http;

import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import jakarta.ws.rs.core.UriInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which page of which list is asked for; everything in it has been checked.
 *
 * @param filters attribute → value
 * @param place from where on, absent for the first page
 * @param backwards whether the page ends before the place rather than beginning after it
 */
record PageRequest<E>(
    ResourceView<E, ?, ?> view,
    SortedMap<String, Object> filters,
    Sort<E> sort,
    int limit,
    Optional<Place> place,
    boolean backwards) {

  static final String SORT = "sort";
  static final String LIMIT = "limit";
  static final String AFTER = "after";
  static final String BEFORE = "before";

  /** A cursor whose values have been read. */
  record Place(Object sortValue, Object key) {}

  /**
   * @param fixed filters that the path sets, and the query may not
   * @throws ProblemException 400
   */
  static <E> PageRequest<E> of(
      ResourceView<E, ?, ?> view, Map<String, Object> fixed, UriInfo uri, PageConfig config) {
    var query = QueryParameters.of(uri, allowed(view, fixed.keySet()));
    var filters = new TreeMap<String, Object>(fixed);
    for (var filter : view.filters()) {
      query.value(filter.name(), filter.type()).ifPresent(it -> filters.put(filter.name(), it));
    }
    var sort = sort(view, query);
    var after = query.text(AFTER);
    var before = query.text(BEFORE);
    if (after.isPresent() && before.isPresent()) {
      throw new ProblemException(
          Problem.invalidParameter(BEFORE, "absent where " + AFTER + " is given"));
    }
    var list = list(view, filters, sort);
    var place =
        after
            .map(it -> place(AFTER, it, list, view, sort))
            .or(() -> before.map(it -> place(BEFORE, it, list, view, sort)));
    return new PageRequest<>(view, filters, sort, limit(query, config), place, before.isPresent());
  }

  static List<String> allowed(ResourceView<?, ?, ?> view, java.util.Set<String> fixed) {
    var allowed = new ArrayList<String>();
    view.filters().stream()
        .map(Attribute::name)
        .filter(it -> !fixed.contains(it))
        .forEach(allowed::add);
    allowed.addAll(List.of(SORT, LIMIT, AFTER, BEFORE));
    return List.copyOf(allowed);
  }

  String cursorAt(E row) {
    return new Cursor(sort.by().of().apply(row).toString(), view.key().of().apply(row).toString())
        .encode(list(view, filters, sort));
  }

  private static String list(
      ResourceView<?, ?, ?> view, SortedMap<String, Object> filters, Sort<?> sort) {
    return view.name() + '\0' + sort.parameter() + '\0' + filters;
  }

  private static <E> Sort<E> sort(ResourceView<E, ?, ?> view, QueryParameters query) {
    var wanted = query.text(SORT);
    if (wanted.isEmpty()) {
      return view.sorts().getFirst();
    }
    return view.sorts().stream()
        .filter(it -> it.parameter().equals(wanted.get()))
        .findFirst()
        .orElseThrow(
            () -> {
              var allowed = view.sorts().stream().map(Sort::parameter).toList();
              return new ProblemException(
                  Problem.invalidParameter(SORT, "one of " + String.join(", ", allowed), allowed));
            });
  }

  private static int limit(QueryParameters query, PageConfig config) {
    var text = query.text(LIMIT);
    if (text.isEmpty()) {
      return config.size();
    }
    try {
      int limit = Integer.parseInt(text.get());
      if (limit >= 1 && limit <= config.maxSize()) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // The same answer as for a number out of range.
    }
    throw new ProblemException(
        Problem.invalidParameter(LIMIT, "a whole number from 1 to " + config.maxSize()));
  }

  private static Place place(
      String parameter, String text, String list, ResourceView<?, ?, ?> view, Sort<?> sort) {
    try {
      return Cursor.decode(text, list)
          .map(
              it ->
                  new Place(
                      sort.by().type().read(it.sortValue()), view.key().type().read(it.key())))
          .orElseThrow(IllegalArgumentException::new);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          Problem.invalidParameter(
              parameter,
              "a cursor from a Link of this very list, with the same filters and order"));
    }
  }
}
