package io.headrace.command.platform.dispatch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.headrace.command.platform.dispatch.CommandOutcome.Accepted;
import io.headrace.command.platform.dispatch.CommandOutcome.Decided;
import io.headrace.command.platform.dispatch.CommandOutcome.Rejected;
import io.headrace.events.platform.EventJson;
import java.util.ArrayList;
import java.util.List;

/** Outcomes as they are kept under an idempotency key, for as long as its retention. */
final class Answers {

  private Answers() {}

  static String write(Decided outcome) {
    ObjectNode json = EventJson.mapper().createObjectNode();
    json.put("streamId", outcome.streamId()).put("streamVersion", outcome.streamVersion());
    switch (outcome) {
      case Accepted accepted -> {
        json.put("created", accepted.created());
        accepted.eventTypes().forEach(json.putArray("events")::add);
      }
      case Rejected rejected ->
          json.put("context", rejected.context())
              .put("rejection", rejected.code())
              .put("message", rejected.message())
              .set("members", rejected.members());
    }
    return json.toString();
  }

  /** Marked as a replay. */
  static Decided read(String answer) {
    JsonNode json;
    try {
      json = EventJson.mapper().readTree(answer);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a remembered answer is not JSON", e);
    }
    String streamId = json.path("streamId").asText();
    long version = json.path("streamVersion").asLong();
    if (json.has("rejection")) {
      return new Rejected(
          streamId,
          version,
          json.path("context").asText(),
          json.path("rejection").asText(),
          json.path("message").asText(),
          (ObjectNode) json.path("members"),
          true);
    }
    List<String> events = new ArrayList<>();
    json.path("events").forEach(e -> events.add(e.asText()));
    return new Accepted(streamId, version, events, json.path("created").asBoolean(), true);
  }
}
