package io.headrace.query.platform.http;

import io.headrace.query.platform.view.Attribute;
import io.headrace.query.platform.view.Criterion;
import io.headrace.query.platform.view.Operator;
import io.headrace.query.platform.view.ResourceView;
import io.headrace.query.platform.view.Sort;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Which page of which list is asked for; everything in it has been checked.
 *
 * @param criteria what all rows fulfil, in the order of their declaration
 * @param place from where on, absent for the first page
 * @param backwards whether the page ends before the place rather than beginning after it
 * @param total whether all rows of the list are to be counted
 */
record PageRequest<E>(
    ResourceView<E, ?, ?> view,
    List<Criterion<E>> criteria,
    Sort<E> sort,
    int limit,
    Optional<Place> place,
    boolean backwards,
    boolean total) {

  static final String SORT = "sort";
  static final String LIMIT = "limit";
  static final String AFTER = "after";
  static final String BEFORE = "before";
  static final String TOTAL = "total";

  /**
   * A cursor whose values have been read.
   *
   * @param values one for each term of the order, the key being the last
   */
  record Place(List<Object> values) {}

  /**
   * @param fixed filters that the path sets, and the query may not
   * @throws ProblemException 400
   */
  static <E> PageRequest<E> of(
      ResourceView<E, ?, ?> view,
      Map<Attribute<E>, Object> fixed,
      QueryParameters query,
      PageConfig config) {
    var criteria = new ArrayList<Criterion<E>>();
    fixed.forEach((by, value) -> criteria.add(new Criterion<>(by, Operator.EQ, List.of(value))));
    criteria.addAll(Criteria.of(view, names(fixed.keySet()), query));
    return of(view, criteria, query, config);
  }

  /**
   * @throws ProblemException 400
   */
  static <E> PageRequest<E> of(
      ResourceView<E, ?, ?> view,
      List<Criterion<E>> criteria,
      QueryParameters query,
      PageConfig config) {
    var sort = sort(view, query);
    var after = query.text(AFTER);
    var before = query.text(BEFORE);
    if (after.isPresent() && before.isPresent()) {
      throw new ProblemException(
          Problem.invalidParameter(BEFORE, "absent where " + AFTER + " is given"));
    }
    var list = list(view, criteria, sort);
    var place =
        after
            .map(it -> place(AFTER, it, list, view, sort))
            .or(() -> before.map(it -> place(BEFORE, it, list, view, sort)));
    return new PageRequest<>(
        view,
        List.copyOf(criteria),
        sort,
        limit(query, config),
        place,
        before.isPresent(),
        query.flag(TOTAL));
  }

  /** What an order, a page and a total are asked for by. */
  static List<String> parameters() {
    return List.of(SORT, LIMIT, AFTER, BEFORE, TOTAL);
  }

  private static <E> Set<String> names(Set<Attribute<E>> attributes) {
    return attributes.stream()
        .map(Attribute::name)
        .collect(java.util.stream.Collectors.toUnmodifiableSet());
  }

  String cursorAt(E row) {
    return new Cursor(
            sort.total(view.key()).stream().map(it -> it.by().of().apply(row).toString()).toList())
        .encode(list(view, criteria, sort));
  }

  private static <E> String list(
      ResourceView<E, ?, ?> view, List<Criterion<E>> criteria, Sort<E> sort) {
    return view.name() + '\0' + sort.parameter() + '\0' + criteria;
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
                  Problem.invalidParameter(SORT, "one of " + String.join("; ", allowed), allowed));
            });
  }

  /**
   * @throws ProblemException 400
   */
  static int limit(QueryParameters query, PageConfig config) {
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

  private static <E> Place place(
      String parameter, String text, String list, ResourceView<E, ?, ?> view, Sort<E> sort) {
    try {
      return Cursor.decode(text, list)
          .map(it -> new Place(values(it, sort.total(view.key()))))
          .orElseThrow(IllegalArgumentException::new);
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          Problem.invalidParameter(
              parameter,
              "a cursor from a link of this very list, with the same filters and order"));
    }
  }

  private static <E> List<Object> values(Cursor cursor, List<Sort.Term<E>> order) {
    if (cursor.values().size() != order.size()) {
      throw new IllegalArgumentException("a cursor of another order");
    }
    var values = new ArrayList<Object>();
    for (int i = 0; i < order.size(); i++) {
      values.add(order.get(i).by().type().read(cursor.values().get(i)));
    }
    return values;
  }
}
