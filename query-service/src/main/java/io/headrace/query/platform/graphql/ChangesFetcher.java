package io.headrace.query.platform.graphql;

import graphql.execution.DataFetcherResult;
import graphql.schema.DataFetcher;
import graphql.schema.DataFetchingEnvironment;
import io.headrace.query.platform.http.ViewQueries;
import io.headrace.query.platform.live.LiveEvent;
import io.headrace.query.platform.view.ResourceView;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import mutiny.zero.flow.adapters.AdaptersToReactiveStreams;
import org.jspecify.annotations.Nullable;

/**
 * The live query of a row or a list as a subscription: the present state, and then every change.
 *
 * @param watched what the request watches
 */
record ChangesFetcher<E, R>(
    ResourceView<E, ?, R> view,
    ViewQueries queries,
    Expansion expansion,
    Budgets budgets,
    Function<DataFetchingEnvironment, Multi<LiveEvent<E>>> watched)
    implements DataFetcher<DataFetcherResult<Object>> {

  private static final String ROWS = "rows/";

  @Override
  public DataFetcherResult<Object> get(DataFetchingEnvironment request) {
    try {
      var changes =
          watched
              .apply(request)
              .onItem()
              .transformToUniAndConcatenate(event -> told(event, request))
              // The last thing that the client is told is why there is nothing more.
              .onFailure()
              .recoverWithItem(failure -> end(request, failure));
      return Fetch.result(AdaptersToReactiveStreams.publisher(changes));
    } catch (RuntimeException failure) {
      return Fetch.refused(request, queries, failure);
    }
  }

  /** No change, and an error that says why. */
  private Object end(DataFetchingEnvironment request, Throwable failure) {
    return Fetch.refused(request, queries, failure)
        .transform(
            result -> result.data(Map.of("state", false, "rows", List.of(), "gone", List.of())));
  }

  // What belongs to rows is read when they are told: a budget of its own for each event.
  private Uni<Object> told(LiveEvent<E> event, DataFetchingEnvironment request) {
    var rows = event.rows().stream().map(view::represent).toList();
    var selected = request.getSelectionSet();
    var related = view.relations().stream().anyMatch(it -> selected.contains(ROWS + it.name()));
    Uni<List<Map<String, Object>>> expanded =
        related
            ? Fetch.apart(
                () ->
                    queries.within(
                        view,
                        () ->
                            expansion.expand(
                                view.representation(), rows, selected, ROWS, budgets.one())))
            : expansion.expand(view.representation(), rows, selected, ROWS, budgets.one());
    return expanded.map(its -> change(event, its));
  }

  private static <E> Object change(LiveEvent<E> event, List<Map<String, Object>> rows) {
    var change = new HashMap<String, @Nullable Object>();
    change.put("state", event.kind() == LiveEvent.Kind.STATE);
    change.put("rows", rows);
    change.put("gone", event.gone().stream().map(Object::toString).toList());
    change.put("more", event.more());
    return change;
  }
}
