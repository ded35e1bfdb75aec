package io.headrace.command.platform.http;

import io.headrace.command.platform.binding.CommandBinding;
import io.headrace.command.platform.binding.CommandBinding.Parsed;
import io.headrace.command.platform.binding.FieldError;
import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.dispatch.CommandDispatcher;
import io.headrace.command.platform.dispatch.CommandRequest;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.events.platform.EventMetadata;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * Commands of every context. The API description lists them one by one, see the openapi package.
 */
@Path("/")
public class CommandResource {

  private final Aggregates aggregates;
  private final CommandBinding binding;
  private final CommandDispatcher dispatcher;
  private final Bodies bodies;
  private final Replies replies;

  CommandResource(
      Aggregates aggregates,
      CommandBinding binding,
      CommandDispatcher dispatcher,
      Bodies bodies,
      Replies replies) {
    this.aggregates = aggregates;
    this.binding = binding;
    this.dispatcher = dispatcher;
    this.bodies = bodies;
    this.replies = replies;
  }

  @POST
  @Path("{context}/{collection}/{id}/{command}")
  @Operation(hidden = true)
  public CompletionStage<Response> send(
      @PathParam("context") String context,
      @PathParam("collection") String collection,
      @PathParam("id") String id,
      @PathParam("command") String command,
      @Context HttpHeaders httpHeaders,
      @Context RoutingContext routing) {
    // The body first, whatever becomes of it: left unread it would be in the way of the next
    // request on the connection.
    return bodies
        .read(routing)
        .thenCompose(
            body -> {
              CommandRequest request =
                  request(context, collection, id, command, httpHeaders, routing, body);
              return dispatcher.dispatch(request);
            })
        .thenApply(
            outcome ->
                replies.of(outcome, context, "/" + context + "/" + collection + "/" + id).build());
  }

  private CommandRequest request(
      String context,
      String collection,
      String id,
      String command,
      HttpHeaders httpHeaders,
      RoutingContext routing,
      byte[] body) {
    switch (aggregates.find(context, collection, command)) {
      case Aggregates.Found.Nothing(String detail, List<String> known) ->
          throw new ProblemException(Problem.unknown(detail, known));
      case Aggregates.Found.Elsewhere(String where, List<String> served) ->
          throw new ProblemException(Problem.elsewhere(where, served));
      case Aggregates.Found.Command _, Aggregates.Found.Collection _ -> {}
    }
    if (!Identifier.OfText.isIdentifier(id)) {
      throw new ProblemException(Problem.invalid("id", Identifier.RULE));
    }
    var headers = new RequestHeaders(httpHeaders::getRequestHeader);
    EventMetadata metadata = headers.metadata();
    Correlation.answer(routing, metadata);
    headers.requireJson();
    var precondition = headers.precondition();
    String key = headers.idempotencyKey();
    return switch (binding.parse(body)) {
      case Parsed.Malformed(FieldError error) ->
          throw new ProblemException(Problem.invalid(List.of(error)));
      case Parsed.Json(var json) ->
          new CommandRequest(
              context, collection, id, command, json, body.length, key, precondition, metadata);
    };
  }
}
