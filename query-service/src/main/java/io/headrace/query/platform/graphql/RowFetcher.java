package io.headrace.query.platform.graphql;

import graphql.execution.DataFetcherResult;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import io.headrace.query.platform.http.ViewQueries;
import io.headrace.query.platform.view.ResourceView;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Reads a row of a view by its key. */
record RowFetcher<E, R>(
    ResourceView<E, ?, R> view, ViewQueries queries, Expansion expansion, Budgets budgets)
    implements DataFetcher<CompletionStage<DataFetcherResult<Object>>> {

  @Override
  public CompletionStage<DataFetcherResult<Object>> get(DataFetchingEnvironment request) {
    return Fetch.of(
        request,
        queries,
        () -> {
          var budget = budgets.of(request.getGraphQlContext());
          budget.read(1);
          return queries
              .<E, Map<String, Object>>row(
                  view,
                  String.valueOf(request.<Object>getArgument(view.key().name())),
                  row ->
                      expansion
                          .expand(
                              view.representation(),
                              List.of(view.represent(row)),
                              request.getSelectionSet(),
                              "",
                              budget)
                          .map(List::getFirst))
              .map(found -> found.value());
        });
  }
}
