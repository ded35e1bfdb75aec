package io.headrace.relay.platform.position;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A position as it is kept in Kafka: JSON, so that an operator can read it.
 *
 * @param system the identifier of the PostgreSQL cluster; LSNs of another one mean nothing
 * @param topics those that the events up to there are in; null if that is not on record
 */
public record StoredPosition(String system, Position position, @Nullable List<String> topics) {

  private static final JsonFactory JSON = new JsonFactory();

  public StoredPosition(String system, Position position) {
    this(system, position, null);
  }

  /** With the topics on record. */
  public StoredPosition with(Collection<String> topics) {
    return new StoredPosition(system, position, List.copyOf(topics));
  }

  public byte[] toJson() {
    ByteArrayOutputStream out = new ByteArrayOutputStream(160);
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      json.writeStringField("system", system);
      json.writeNumberField("lsn", position.lsn());
      json.writeNumberField("transaction", position.transaction());
      json.writeNumberField("events", position.events());
      if (position.lastEvent() != null) {
        json.writeStringField("lastEvent", position.lastEvent());
      }
      if (topics != null) {
        json.writeArrayFieldStart("topics");
        for (String topic : topics) {
          json.writeString(topic);
        }
        json.writeEndArray();
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /**
   * @throws PositionLostException if it is not what {@link #toJson} writes
   */
  public static StoredPosition fromJson(byte[] bytes) {
    String system = null;
    long lsn = 0;
    long transaction = 0;
    long events = 0;
    @Nullable String lastEvent = null;
    @Nullable List<String> topics = null;
    try (JsonParser json = JSON.createParser(bytes)) {
      json.nextToken();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "system" -> system = json.getText();
          case "lsn" -> lsn = json.getLongValue();
          case "transaction" -> transaction = json.getLongValue();
          case "events" -> events = json.getLongValue();
          case "lastEvent" -> lastEvent = json.getText();
          case "topics" -> {
            topics = new ArrayList<>();
            while (json.nextToken() == JsonToken.VALUE_STRING) {
              topics.add(json.getText());
            }
          }
          default -> json.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new PositionLostException("the stored position is not readable: " + e.getMessage());
    }
    if (system == null || lsn == 0) {
      throw new PositionLostException("the stored position is incomplete");
    }
    return new StoredPosition(system, new Position(lsn, transaction, events, lastEvent), topics);
  }
}
