package io.headrace.command.platform.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.headrace.command.platform.dispatch.Aggregate;
import io.headrace.command.platform.dispatch.Aggregates;
import io.headrace.command.platform.dispatch.States;
import io.headrace.command.platform.dispatch.VersionedState;
import io.headrace.command.platform.log.EventLog;
import io.headrace.command.platform.log.EventLog.LoggedEvent;
import io.headrace.command.platform.log.EventLog.StreamRead;
import io.headrace.command.platform.spi.Identifier;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.RecordedEvent;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** The state and the history of one stream, strongly consistent: they are read from the log. */
@Path("/")
public class StreamResource {

  private static final int DEFAULT_LIMIT = 100;
  private static final int MAX_LIMIT = EventLog.PAGE;

  private final Aggregates aggregates;
  private final States states;
  private final EventLog log;
  private final Replies replies;

  StreamResource(Aggregates aggregates, States states, EventLog log, Replies replies) {
    this.aggregates = aggregates;
    this.states = states;
    this.log = log;
    this.replies = replies;
  }

  @GET
  @Path("{context}/{collection}/{id}")
  @Operation(hidden = true)
  public Uni<Response> state(
      @PathParam("context") String context,
      @PathParam("collection") String collection,
      @PathParam("id") String id,
      @QueryParam("at-version") @Nullable String atVersion) {
    Aggregate aggregate = find(context, collection, id);
    String streamId = aggregate.streamId(id);
    if (atVersion == null) {
      return states
          .current(aggregate, streamId)
          .map(
              state -> {
                if (state.version() == 0) {
                  throw unknownStream(streamId);
                }
                return stateReply(aggregate, streamId, state);
              });
    }
    long version = number("at-version", atVersion, 1, Long.MAX_VALUE);
    return states
        .at(aggregate, streamId, version)
        .map(
            state -> {
              if (state == null) {
                throw new ProblemException(
                    Problem.of(
                        404,
                        "unknown-version",
                        "The stream has not come to that version.",
                        "The stream %s has no version %d.".formatted(streamId, version)));
              }
              return stateReply(aggregate, streamId, state);
            });
  }

  private Response stateReply(Aggregate aggregate, String streamId, VersionedState state) {
    ObjectNode body =
        EventJson.mapper()
            .createObjectNode()
            .put("streamId", streamId)
            .put("streamVersion", state.version());
    body.set("state", aggregate.stateJson(state));
    return reply(body, aggregate.context(), streamId, state.version()).build();
  }

  private Response.ResponseBuilder reply(
      JsonNode body, String context, String streamId, long version) {
    return reply(body, version)
        .header(Replies.CONSISTENCY_TOKEN, replies.consistencyToken(context, streamId, version));
  }

  private static Response.ResponseBuilder reply(JsonNode body, long version) {
    return Response.ok(body.toString().getBytes(StandardCharsets.UTF_8))
        .header(HttpHeaders.CONTENT_TYPE, Replies.JSON)
        .header(HttpHeaders.ETAG, Replies.etag(version));
  }

  @GET
  @Path("{context}/{collection}/{id}/events")
  @Operation(hidden = true)
  public Uni<Response> history(
      @PathParam("context") String context,
      @PathParam("collection") String collection,
      @PathParam("id") String id,
      @QueryParam("after-version") @Nullable String afterVersion,
      @QueryParam("limit") @Nullable String limitText) {
    Aggregate aggregate = find(context, collection, id);
    String streamId = aggregate.streamId(id);
    long after =
        afterVersion == null ? 0 : number("after-version", afterVersion, 0, Long.MAX_VALUE);
    int limit = limitText == null ? DEFAULT_LIMIT : (int) number("limit", limitText, 1, MAX_LIMIT);
    return log.read(streamId, after, limit)
        .flatMap(
            read ->
                read.events().isEmpty() && after > 0
                    ? log.read(streamId, 0, 1).map(first -> emptyPage(first, streamId, after))
                    : Uni.createFrom().item(page(context, collection, id, streamId, read, limit)));
  }

  private static Response emptyPage(StreamRead first, String streamId, long after) {
    if (first.events().isEmpty()) {
      throw unknownStream(streamId);
    }
    ObjectNode body = EventJson.mapper().createObjectNode().put("streamId", streamId);
    body.putArray("events");
    // Without a token: the stream may never have come to what the client says.
    return reply(body, after).build();
  }

  private Response page(
      String context, String collection, String id, String streamId, StreamRead read, int limit) {
    if (read.events().isEmpty()) {
      throw unknownStream(streamId);
    }
    long last = read.events().getLast().streamVersion();
    ObjectNode body = EventJson.mapper().createObjectNode().put("streamId", streamId);
    var array = body.putArray("events");
    read.events().forEach(event -> array.add(json(streamId, event)));
    Response response = reply(body, context, streamId, last).build();
    if (read.more()) {
      String next =
          "/%s/%s/%s/events?after-version=%d&limit=%d"
              .formatted(context, collection, id, last, limit);
      response.getHeaders().add("Link", "<" + next + ">; rel=\"next\"");
    }
    return response;
  }

  private static JsonNode json(String streamId, LoggedEvent event) {
    ObjectNode json =
        EventJson.mapper()
            .createObjectNode()
            .put("id", RecordedEvent.id(streamId, event.streamVersion()))
            .put("streamVersion", event.streamVersion())
            .put("type", event.type())
            .put("partitionKey", event.partitionKey())
            .put(
                "recordedAt", Instant.EPOCH.plus(event.recordedAt(), ChronoUnit.MICROS).toString());
    json.putRawValue("metadata", new RawValue(event.metadata()));
    json.putRawValue("data", new RawValue(event.payload()));
    return json;
  }

  private Aggregate find(String context, String collection, String id) {
    return switch (aggregates.find(context, collection)) {
      case Aggregates.Found.Nothing(String detail, List<String> known) ->
          throw new ProblemException(Problem.unknown(detail, known));
      case Aggregates.Found.Elsewhere(String where, List<String> served) ->
          throw new ProblemException(Problem.elsewhere(where, served));
      case Aggregates.Found.Command(Aggregate aggregate, var _) -> aggregate;
      case Aggregates.Found.Collection(Aggregate aggregate) -> {
        if (!Identifier.OfText.isIdentifier(id)) {
          throw new ProblemException(Problem.invalid("id", Identifier.RULE));
        }
        yield aggregate;
      }
    };
  }

  private static ProblemException unknownStream(String streamId) {
    return new ProblemException(
        Problem.of(
                404,
                "unknown-stream",
                "There is no such stream.",
                "The stream %s has no events.".formatted(streamId))
            .with("streamId", streamId));
  }

  private static long number(String name, String text, long min, long max) {
    try {
      long value = Long.parseLong(text);
      if (value >= min && value <= max) {
        return value;
      }
    } catch (NumberFormatException e) {
      // answered below
    }
    throw new ProblemException(
        Problem.invalid(
            name,
            max == Long.MAX_VALUE
                ? "must be a whole number from %d".formatted(min)
                : "must be a whole number from %d to %d".formatted(min, max)));
  }
}
