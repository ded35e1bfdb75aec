package io.headrace.query.platform.http;

import io.headrace.query.platform.live.LiveQuery;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Lists as live queries. */
final class LiveQueries {

  private LiveQueries() {}

  /**
   * @param variant tells what is told of a row from what other queries tell of it
   * @param represent what is told of a row; pure
   * @throws ProblemException 400 if it is more than the first page
   */
  static <E> LiveQuery<E> list(
      PageRequest<E> request, String variant, Function<E, Object> represent) {
    if (request.place().isPresent()) {
      refuse(request.backwards() ? PageRequest.BEFORE : PageRequest.AFTER);
    }
    if (request.total()) {
      refuse(PageRequest.TOTAL);
    }
    var view = request.view();
    var criteria = request.criteria();
    var parameters = new HashMap<String, Object>();
    var condition =
        criteria.stream().map(it -> it.hql(parameters)).collect(Collectors.joining(" and "));
    return new LiveQuery<>(
        view,
        String.join(
            "\0",
            view.name(),
            "list",
            request.sort().parameter(),
            String.valueOf(request.limit()),
            criteria.toString(),
            variant),
        Optional.empty(),
        condition,
        Map.copyOf(parameters),
        row -> criteria.stream().allMatch(it -> it.test(row)),
        Pages.orderBy(request.sort().total(view.key()), false),
        request.limit(),
        variant,
        represent);
  }

  private static void refuse(String parameter) {
    throw new ProblemException(
        Problem.invalidParameter(
            parameter, "absent: a live list begins at its beginning, and counts nothing"));
  }
}
