package io.headrace.events.platform;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What the relay says from time to time in {@link Topics#HEARTBEAT}, also when nothing is written:
 * every event that was committed up to {@code at} is on Kafka, and is below these offsets. Once
 * true, it stays true: it may be read late, twice, or not at all.
 *
 * <p>The key of the record is the relay's replication slot. As JSON: {@code {"at":
 * "2026-11-21T18:00:00.123456Z", "ends": {"ordering.events": [17, 0, 4]}}}, with an offset for each
 * partition.
 *
 * @param at by the clock of the database that holds the log
 * @param ends by topic and partition: a reader that stands there, or beyond, has read those events.
 *     All the topics that the relay has published to; one that is not here had no events then
 */
public record Heartbeat(Instant at, Map<String, long[]> ends) {

  public Heartbeat {
    ends = Map.copyOf(ends);
  }

  public byte[] toJson() {
    ObjectNode json = EventJson.mapper().createObjectNode().put("at", at.toString());
    ObjectNode topics = json.putObject("ends");
    new TreeMap<>(ends)
        .forEach(
            (topic, offsets) -> {
              ArrayNode array = topics.putArray(topic);
              Arrays.stream(offsets).forEach(array::add);
            });
    try {
      return EventJson.mapper().writeValueAsBytes(json);
    } catch (JacksonException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  /**
   * @throws UndecodableEventException if this is no heartbeat
   */
  public static Heartbeat fromJson(byte[] bytes) {
    try {
      JsonNode json = EventJson.mapper().readTree(bytes);
      Map<String, long[]> ends = new TreeMap<>();
      json.path("ends").properties().forEach(each -> ends.put(each.getKey(), offsets(each)));
      return new Heartbeat(Instant.parse(json.path("at").asText()), ends);
    } catch (IOException | DateTimeException e) {
      throw new UndecodableEventException("this is no heartbeat: " + e.getMessage(), e);
    }
  }

  private static long[] offsets(Map.Entry<String, JsonNode> topic) {
    long[] offsets = new long[topic.getValue().size()];
    for (int partition = 0; partition < offsets.length; partition++) {
      JsonNode offset = topic.getValue().path(partition);
      if (!offset.canConvertToLong() || offset.longValue() < 0) {
        throw new UndecodableEventException(
            "this is no heartbeat: %s-%d is at '%s'"
                .formatted(topic.getKey(), partition, offset.asText()),
            null);
      }
      offsets[partition] = offset.longValue();
    }
    return offsets;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Heartbeat that
        && at.equals(that.at)
        && ends.keySet().equals(that.ends.keySet())
        && ends.entrySet().stream()
            .allMatch(each -> Arrays.equals(each.getValue(), that.ends.get(each.getKey())));
  }

  @Override
  public int hashCode() {
    return Objects.hash(at, ends.keySet());
  }

  @Override
  public String toString() {
    return new String(toJson(), java.nio.charset.StandardCharsets.UTF_8);
  }
}
