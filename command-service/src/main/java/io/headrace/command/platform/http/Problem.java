package io.headrace.command.platform.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.command.platform.binding.FieldError;
import io.headrace.events.platform.EventJson;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * An error as clients get it: RFC 9457.
 *
 * @param type a stable URN
 * @param title the same for every problem of the type
 * @param detail a sentence about this occurrence
 * @param members further members
 */
record Problem(int status, String type, String title, String detail, ObjectNode members) {

  static final String MEDIA_TYPE = "application/problem+json";
  private static final String URN = "urn:headrace:problem:";

  static Problem of(int status, String name, String title, String detail) {
    return new Problem(status, URN + name, title, detail, EventJson.mapper().createObjectNode());
  }

  /** 400, naming each field. */
  static Problem invalid(List<FieldError> errors) {
    FieldError first = errors.getFirst();
    String subject = first.field().isEmpty() ? "The body" : "'" + first.field() + "'";
    String more = errors.size() == 1 ? "" : " (and %d more)".formatted(errors.size() - 1);
    Problem problem =
        of(
            400,
            "invalid-request",
            "The request is not valid.",
            "%s %s.%s".formatted(subject, first.message(), more));
    if (!first.field().isEmpty()) {
      problem.members.put("field", first.field());
    }
    ArrayNode list = problem.members.putArray("errors");
    errors.forEach(e -> list.addObject().put("field", e.field()).put("message", e.message()));
    return problem;
  }

  static Problem invalid(String field, String message) {
    return invalid(List.of(new FieldError(field, message)));
  }

  static Problem unknown(String detail, List<String> known) {
    Problem problem =
        of(
            404,
            "not-found",
            "There is nothing here.",
            known.isEmpty() ? detail : detail + " There is: " + String.join(", ", known) + ".");
    known.forEach(problem.members.putArray("known")::add);
    return problem;
  }

  /** 404: the context is served by another deployment. */
  static Problem elsewhere(String context, List<String> served) {
    Problem problem =
        of(
            404,
            "context-not-served",
            "This deployment does not serve the context.",
            "The context '%s' is served by another deployment; this one serves %s."
                .formatted(context, String.join(", ", served)));
    served.forEach(problem.members.putArray("contexts")::add);
    return problem;
  }

  Problem with(String member, String value) {
    members.put(member, value);
    return this;
  }

  Problem with(String member, boolean value) {
    members.put(member, value);
    return this;
  }

  Problem with(String member, long value) {
    members.put(member, value);
    return this;
  }

  byte[] json() {
    ObjectNode json =
        EventJson.mapper()
            .createObjectNode()
            .put("type", type)
            .put("title", title)
            .put("status", status)
            .put("detail", detail);
    json.setAll(members);
    return json.toString().getBytes(StandardCharsets.UTF_8);
  }

  Response.ResponseBuilder response() {
    return Response.status(status).entity(json()).header("Content-Type", MEDIA_TYPE);
  }

  Response.ResponseBuilder response(Duration retryAfter) {
    return response().header("Retry-After", Math.max(1, retryAfter.toSeconds()));
  }
}
