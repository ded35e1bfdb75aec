package io.headrace.query.platform.graphql;

import graphql.ErrorClassification;
import graphql.GraphQLError;
import graphql.GraphqlErrorBuilder;
import graphql.execution.DataFetcherResult;
import graphql.schema.DataFetchingEnvironment;
import io.headrace.query.platform.http.Problem;
import io.headrace.query.platform.http.ViewQueries;
import io.quarkus.arc.Arc;
import io.quarkus.arc.InjectableContext;
import io.quarkus.vertx.core.runtime.context.VertxContextSafetyToggle;
import io.smallrye.common.vertx.VertxContext;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.LinkedHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs the reads of a request beside each other, each on a Vert.x context of its own: a session
 * belongs to a context, and takes one statement at a time.
 */
final class Fetch {

  private Fetch() {}

  static <T> CompletionStage<DataFetcherResult<Object>> of(
      DataFetchingEnvironment request, ViewQueries queries, Supplier<Uni<T>> read) {
    var answer = new CompletableFuture<DataFetcherResult<Object>>();
    // The rest of the request goes on where it was.
    var caller = Vertx.currentContext();
    var context = VertxContext.createNewDuplicatedContext(caller);
    VertxContextSafetyToggle.setContextSafe(context, true);
    var known = Arc.requireContainer().requestContext().getStateIfActive();
    context.runOnContext(
        _ ->
            Uni.createFrom()
                .deferred(() -> within(known, read))
                .subscribe()
                .with(
                    found -> back(caller, answer::complete, result(found)),
                    failure -> back(caller, answer::complete, refused(request, queries, failure))));
    return answer;
  }

  /** A read by itself, on a Vert.x context of its own; its item comes on that. */
  static <T> Uni<T> apart(Supplier<Uni<T>> read) {
    return Uni.createFrom()
        .emitter(
            emitter -> {
              var context = VertxContext.createNewDuplicatedContext(Vertx.currentContext());
              VertxContextSafetyToggle.setContextSafe(context, true);
              context.runOnContext(
                  _ ->
                      Uni.createFrom()
                          .deferred(read::get)
                          .subscribe()
                          .with(emitter::complete, emitter::fail));
            });
  }

  /** A read looks at the request that it is for, and at its consistency tokens. */
  private static <T> Uni<T> within(
      InjectableContext.@Nullable ContextState known, Supplier<Uni<T>> read) {
    if (known == null) {
      return read.get();
    }
    var request = Arc.requireContainer().requestContext();
    request.activate(known);
    try {
      return read.get();
    } finally {
      request.deactivate();
    }
  }

  private static <T> void back(Context caller, Consumer<T> to, T item) {
    caller.runOnContext(_ -> to.accept(item));
  }

  static DataFetcherResult<Object> result(@Nullable Object data) {
    return DataFetcherResult.newResult().data(data).build();
  }

  static DataFetcherResult<Object> refused(
      DataFetchingEnvironment request, ViewQueries queries, Throwable failure) {
    return DataFetcherResult.newResult().error(error(request, queries.problem(failure))).build();
  }

  /** A problem of the HTTP API, with the same type. */
  private static GraphQLError error(DataFetchingEnvironment request, Problem problem) {
    var extensions = new LinkedHashMap<String, Object>();
    extensions.put("type", problem.type());
    extensions.put("status", problem.status());
    if (problem.instance() != null) {
      extensions.put("instance", problem.instance());
    }
    if (problem.field() != null) {
      extensions.put("field", problem.field());
    }
    if (problem.allowed() != null) {
      extensions.put("allowed", problem.allowed());
    }
    return GraphqlErrorBuilder.newError(request)
        .message("%s", problem.detail())
        .errorType(ErrorClassification.errorClassification(problem.title()))
        .extensions(extensions)
        .build();
  }
}
