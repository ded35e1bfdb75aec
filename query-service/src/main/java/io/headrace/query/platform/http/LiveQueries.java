package io.headrace.query.platform.http;

import io.headrace.query.platform.live.LiveQuery;
import io.headrace.query.platform.view.Attribute;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Lists as live queries. */
final class LiveQueries {

  private LiveQueries() {}

  /**
   * @param variant tells what is told of a row from what other queries tell of it
   * @param represent what is told of a row; pure
   * @throws ProblemException 400 if it is another page than the first
   */
  static <E> LiveQuery<E> list(
      PageRequest<E> request, String variant, Function<E, Object> represent) {
    if (request.place().isPresent()) {
      var given = request.backwards() ? PageRequest.BEFORE : PageRequest.AFTER;
      throw new ProblemException(
          Problem.invalidParameter(given, "absent: a live list begins at its beginning"));
    }
    var view = request.view();
    var filters = request.filters();
    var condition =
        filters.keySet().stream()
            .map(name -> name + " = :" + name)
            .collect(Collectors.joining(" and "));
    var attributes = view.filters().stream().filter(it -> filters.containsKey(it.name())).toList();
    var descending = request.sort().descending() ? " desc" : "";
    return new LiveQuery<>(
        view,
        String.join(
            "\0",
            view.name(),
            "list",
            request.sort().parameter(),
            String.valueOf(request.limit()),
            filters.toString(),
            variant),
        Optional.empty(),
        condition,
        Map.copyOf(filters),
        row -> matches(row, attributes, filters),
        request.sort().by().name() + descending + ", " + view.key().name() + descending,
        request.limit(),
        variant,
        represent);
  }

  private static <E> boolean matches(
      E row, List<Attribute<E>> attributes, Map<String, Object> filters) {
    for (var attribute : attributes) {
      if (!Objects.equals(attribute.of().apply(row), filters.get(attribute.name()))) {
        return false;
      }
    }
    return true;
  }
}
