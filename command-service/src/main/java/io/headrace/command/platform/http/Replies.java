package io.headrace.command.platform.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.command.platform.dispatch.CommandOutcome;
import io.headrace.command.platform.dispatch.CommandOutcome.Accepted;
import io.headrace.command.platform.dispatch.CommandOutcome.Contended;
import io.headrace.command.platform.dispatch.CommandOutcome.Decided;
import io.headrace.command.platform.dispatch.CommandOutcome.Elsewhere;
import io.headrace.command.platform.dispatch.CommandOutcome.Invalid;
import io.headrace.command.platform.dispatch.CommandOutcome.KeyReused;
import io.headrace.command.platform.dispatch.CommandOutcome.Rejected;
import io.headrace.command.platform.dispatch.CommandOutcome.Stale;
import io.headrace.command.platform.dispatch.CommandOutcome.TooLarge;
import io.headrace.command.platform.dispatch.CommandOutcome.Unknown;
import io.headrace.events.platform.ConsistencyToken;
import io.headrace.events.platform.ConsistencyTokens;
import io.headrace.events.platform.EventJson;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What each outcome of a command is in HTTP. */
@Singleton
class Replies {

  static final String JSON = "application/json";
  static final String CONSISTENCY_TOKEN = "Consistency-Token";
  static final String REPLAYED = "Idempotency-Replayed";

  private final ConsistencyTokens tokens;

  Replies(ConsistencyConfig config) {
    this.tokens = new ConsistencyTokens(config.keys());
  }

  static String etag(long version) {
    return "\"" + version + "\"";
  }

  /** For a query that wants to see this version, or a later one. */
  String consistencyToken(String context, String streamId, long version) {
    return tokens.encode(new ConsistencyToken(context, streamId, version));
  }

  /**
   * @param context of the command
   */
  Response.ResponseBuilder of(CommandOutcome outcome, String context, String location) {
    return switch (outcome) {
      case Accepted accepted -> accepted(accepted, context, location);
      case Rejected rejected -> rejected(rejected, context);
      case Invalid(var errors) -> Problem.invalid(errors).response();
      case Unknown(var detail, var known) -> Problem.unknown(detail, known).response();
      case Elsewhere(String where, var served) -> Problem.elsewhere(where, served).response();
      case Stale(String streamId, long version) -> stale(streamId, version);
      case KeyReused(String key, boolean sameStream) ->
          Problem.of(
                  422,
                  "idempotency-key-reused",
                  "The idempotency key was used for another command.",
                  "This Idempotency-Key was sent before with another command or another body. Use a"
                      + " new key for a new command.")
              .with("idempotencyKey", key)
              .with("sameStream", sameStream)
              .response();
      case Contended(String streamId, int attempts) ->
          Problem.of(
                  409,
                  "contended",
                  "Other commands were faster.",
                  "Other commands changed the stream %s each of the %d times that this one was decided. Nothing was stored; send it again."
                      .formatted(streamId, attempts))
              .response(Duration.ofSeconds(1));
      case TooLarge(String type, int bytes, int limit) ->
          Problem.of(
                  413,
                  "event-too-large",
                  "The command would record too large an event.",
                  "Its event %s would have %d bytes; at most %d can be published. Nothing was stored."
                      .formatted(type, bytes, limit))
              .response();
    };
  }

  private Response.ResponseBuilder accepted(Accepted accepted, String context, String location) {
    ObjectNode body =
        EventJson.mapper()
            .createObjectNode()
            .put("streamId", accepted.streamId())
            .put("streamVersion", accepted.streamVersion());
    accepted.eventTypes().forEach(body.putArray("events")::add);
    return decided(
        Response.status(accepted.created() ? 201 : 200)
            .entity(body.toString().getBytes(StandardCharsets.UTF_8))
            .header(HttpHeaders.CONTENT_TYPE, JSON)
            .header(HttpHeaders.LOCATION, location),
        accepted,
        context);
  }

  private Response.ResponseBuilder rejected(Rejected rejected, String context) {
    ObjectNode members = rejected.members().deepCopy();
    members.put("streamId", rejected.streamId()).put("streamVersion", rejected.streamVersion());
    return decided(
        new Problem(
                422,
                "urn:headrace:rejection:" + rejected.context() + ":" + rejected.code(),
                title(rejected.code()),
                rejected.message(),
                members)
            .response(),
        rejected,
        context);
  }

  private Response.ResponseBuilder decided(
      Response.ResponseBuilder response, Decided decided, String context) {
    if (decided.streamVersion() > 0) {
      response
          .header(HttpHeaders.ETAG, etag(decided.streamVersion()))
          .header(
              CONSISTENCY_TOKEN,
              consistencyToken(context, decided.streamId(), decided.streamVersion()));
    }
    return decided.replayed() ? response.header(REPLAYED, "true") : response;
  }

  /** {@code order-not-open} becomes "Order not open". */
  private static String title(String code) {
    return Character.toUpperCase(code.charAt(0)) + code.substring(1).replace('-', ' ');
  }

  private static Response.ResponseBuilder stale(String streamId, long version) {
    Response.ResponseBuilder response =
        Problem.of(
                412,
                "stale-version",
                "The stream is at another version.",
                version == 0
                    ? "The stream %s has no events.".formatted(streamId)
                    : "The stream %s is at version %d.".formatted(streamId, version))
            .with("streamId", streamId)
            .with("currentVersion", version)
            .response();
    return version == 0 ? response : response.header(HttpHeaders.ETAG, etag(version));
  }
}
