package io.headrace.query.platform.graphql;

import graphql.execution.DataFetcherResult;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import io.headrace.query.platform.http.Problem;
import io.headrace.query.platform.http.ProblemException;
import io.headrace.query.platform.http.ViewQueries;
import io.headrace.query.platform.read.ViewPosition;
import io.headrace.query.platform.read.ViewReads;
import io.headrace.query.platform.view.Operator;
import io.headrace.query.platform.view.ResourceView;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Reads a page of a view, with the parameters that a URL would have. */
record PageFetcher<E, R>(
    ResourceView<E, ?, R> view, ViewQueries queries, Expansion expansion, Budgets budgets)
    implements DataFetcher<CompletionStage<DataFetcherResult<Object>>> {

  private static final String ROWS = "rows/";

  @Override
  public CompletionStage<DataFetcherResult<Object>> get(DataFetchingEnvironment request) {
    return Fetch.of(
        request,
        queries,
        () -> {
          var parameters = parameters(request);
          var budget = budgets.of(request.getGraphQlContext());
          budget.read(queries.limit(parameters));
          return queries
              .page(
                  view,
                  parameters,
                  rows ->
                      expansion.expand(
                          view.representation(),
                          rows.stream().map(view::represent).toList(),
                          request.getSelectionSet(),
                          ROWS,
                          budget))
              .map(PageFetcher::answer);
        });
  }

  private static Object answer(ViewReads.Fresh<ViewQueries.Rows<Map<String, Object>>> found) {
    var page = found.value();
    var answer = new HashMap<String, @Nullable Object>();
    answer.put("rows", page.rows());
    answer.put("next", page.next());
    answer.put("previous", page.previous());
    answer.put("total", page.total().isPresent() ? page.total().getAsLong() : null);
    answer.put("position", position(found.position()));
    return answer;
  }

  private static @Nullable Map<String, @Nullable Object> position(Optional<ViewPosition> known) {
    if (known.isEmpty()) {
      return null;
    }
    var position = new HashMap<String, @Nullable Object>();
    position.put("view", known.get().view());
    position.put("generation", known.get().generation());
    position.put("events", known.get().events());
    var newest = known.get().newest();
    position.put("newest", newest == null ? null : newest.toString());
    var completeUntil = known.get().completeUntil();
    position.put("completeUntil", completeUntil == null ? null : completeUntil.toString());
    position.put("parked", known.get().parked());
    position.put("rebuilding", known.get().rebuilding());
    position.put("behind", known.get().behind());
    return position;
  }

  static Map<String, String> parameters(DataFetchingEnvironment request) {
    var parameters = new HashMap<String, String>();
    for (var name :
        List.of(ViewSchema.SORT, ViewSchema.LIMIT, ViewSchema.AFTER, ViewSchema.BEFORE)) {
      var value = request.getArgument(name);
      if (value != null) {
        parameters.put(name, value.toString());
      }
    }
    if (request.getSelectionSet().contains("total")) {
      parameters.put("total", "true");
    }
    Map<String, Map<String, Object>> filter = request.getArgument(ViewSchema.FILTER);
    if (filter != null) {
      filter.forEach((attribute, comparison) -> add(attribute, comparison, parameters));
    }
    return parameters;
  }

  private static void add(
      String attribute,
      @Nullable Map<String, @Nullable Object> comparison,
      Map<String, String> parameters) {
    if (comparison == null) {
      return;
    }
    comparison.forEach(
        (word, value) -> {
          if (value != null) {
            var parameter = Operator.of(word).orElseThrow().parameter(attribute);
            parameters.put(
                parameter,
                value instanceof List<?> several ? joined(parameter, several) : value.toString());
          }
        });
  }

  private static String joined(String parameter, List<?> values) {
    var texts = values.stream().map(Object::toString).toList();
    if (texts.stream().anyMatch(it -> it.indexOf(',') >= 0)) {
      throw new ProblemException(Problem.invalidParameter(parameter, "values without commas"));
    }
    return String.join(",", texts);
  }
}
