package io.headrace.command.platform.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.command.platform.binding.CommandBinding;
import io.headrace.command.platform.binding.CommandBinding.Parsed;
import io.headrace.command.platform.binding.FieldError;
import io.headrace.command.platform.dispatch.CommandRequest;
import io.headrace.events.platform.EventMetadata;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One line of many commands: {@code {"path": "/ordering/orders/4711/place-order", "body": {…},
 * "idempotencyKey": …, "ifMatch": …, "ifNoneMatch": …, "correlationId": …}}, all but the path
 * optional, and each as the request for a single command has it.
 */
final class BatchLine {

  private static final Set<String> MEMBERS =
      Set.of("path", "body", "idempotencyKey", "ifMatch", "ifNoneMatch", "correlationId");

  /** Longer names are none; they are not to come back in 256 answers. */
  private static final Pattern PATH =
      Pattern.compile("/([^/]{1,300})/([^/]{1,300})/([^/]{1,300})/([^/]{1,300})");

  private final CommandBinding binding;
  private final EventMetadata metadata;

  /**
   * @param metadata of the request; a line may have a correlation id of its own
   */
  BatchLine(CommandBinding binding, EventMetadata metadata) {
    this.binding = binding;
    this.metadata = metadata;
  }

  /**
   * @throws ProblemException if the line is no command
   */
  CommandRequest read(byte[] text) {
    return switch (binding.parse(text)) {
      case Parsed.Malformed(FieldError error) ->
          throw new ProblemException(Problem.invalid(List.of(error)));
      case Parsed.Json(ObjectNode line) -> request(line, text.length);
      case Parsed.Json _ ->
          throw new ProblemException(
              Problem.invalid(List.of(new FieldError("", "must be a JSON object"))));
    };
  }

  static String location(CommandRequest request) {
    return "/" + request.context() + "/" + request.collection() + "/" + request.id();
  }

  private CommandRequest request(ObjectNode line, int bytes) {
    line.fieldNames()
        .forEachRemaining(
            name -> {
              if (!MEMBERS.contains(name)) {
                throw invalid(
                    name.length() > 100 ? name.substring(0, 100) + "…" : name,
                    "is unknown; known are " + String.join(", ", new TreeSet<>(MEMBERS)));
              }
            });
    String path = text(line, "path");
    if (path == null) {
      throw invalid("path", "is missing");
    }
    Matcher parts = PATH.matcher(path);
    if (!parts.matches()) {
      throw invalid(
          "path", "must be /{context}/{collection}/{id}/{command}, none over 300 characters");
    }
    JsonNode body = line.get("body");
    String correlation = RequestHeaders.correlation("correlationId", text(line, "correlationId"));
    return new CommandRequest(
        parts.group(1),
        parts.group(2),
        parts.group(3),
        parts.group(4),
        body == null ? JsonNodeFactory.instance.objectNode() : body,
        bytes,
        RequestHeaders.idempotencyKey("idempotencyKey", text(line, "idempotencyKey")),
        RequestHeaders.precondition(
            "ifMatch", text(line, "ifMatch"), "ifNoneMatch", text(line, "ifNoneMatch")),
        correlation == null
            ? metadata
            : new EventMetadata(
                correlation, metadata.causationId(), metadata.tenant(), metadata.traceparent()));
  }

  private static @Nullable String text(ObjectNode line, String name) {
    JsonNode value = line.get(name);
    if (value == null || value.isNull()) {
      return null;
    }
    if (!value.isTextual()) {
      throw invalid(name, "must be a string");
    }
    return value.textValue();
  }

  private static ProblemException invalid(String field, String message) {
    return new ProblemException(Problem.invalid(field, message));
  }
}
