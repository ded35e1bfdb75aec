package io.headrace.relay.platform.kafka;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/**
 * An event that an operator has let the relay leave out, for the audit. The row itself stays in the
 * event log.
 *
 * @param event its id
 * @param position where it stands in the write-ahead log
 * @param cause why it cannot be published
 * @param by who parked it
 * @param reason why they did
 * @param at when, in ISO 8601
 */
public record ParkedEvent(
    String event, String position, String cause, String by, String reason, String at) {

  private static final JsonFactory JSON = new JsonFactory();

  /** The fields by their names. */
  public Map<String, String> fields() {
    return Map.of(
        "event", event, "position", position, "cause", cause, "by", by, "reason", reason, "at", at);
  }

  byte[] toJson() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      for (Map.Entry<String, String> field : fields().entrySet()) {
        json.writeStringField(field.getKey(), field.getValue());
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static ParkedEvent fromJson(byte[] bytes) {
    Map<String, String> fields = new HashMap<>();
    try (JsonParser json = JSON.createParser(bytes)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        fields.put(name, json.getText());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new ParkedEvent(
        fields.getOrDefault("event", ""),
        fields.getOrDefault("position", ""),
        fields.getOrDefault("cause", ""),
        fields.getOrDefault("by", ""),
        fields.getOrDefault("reason", ""),
        fields.getOrDefault("at", ""));
  }
}
