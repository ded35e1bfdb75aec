package io.headrace.projection.platform.log;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectReader;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.EventMetadata;
import io.headrace.events.platform.RecordedEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads a line of the log. The payload is cut out of it, not read: it stays as it was written. */
final class LogLine {

  private static final EventMetadata NONE = EventMetadata.NONE;

  private final JsonFactory json = EventJson.mapper().getFactory();
  private final ObjectReader metadataReader = EventJson.mapper().readerFor(EventMetadata.class);

  /**
   * @param end whether this is the end, after so many events
   */
  record Read(boolean end, long events, @Nullable RecordedEvent recorded, String place) {

    RecordedEvent event() {
      if (recorded == null) {
        throw new IllegalStateException("the end is no event");
      }
      return recorded;
    }
  }

  Read read(byte[] line) throws IOException {
    String id = null;
    String context = null;
    String stream = null;
    long version = 0;
    String type = null;
    String key = null;
    Instant recordedAt = null;
    EventMetadata metadata = NONE;
    byte[] payload = null;
    boolean end = false;
    long events = 0;
    try (JsonParser parser = json.createParser(line)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("a line of the event log is no JSON object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (field) {
          case "id" -> id = parser.getText();
          case "context" -> context = parser.getText();
          case "streamId" -> stream = parser.getText();
          case "streamVersion" -> version = parser.getLongValue();
          case "type" -> type = parser.getText();
          case "partitionKey" -> key = parser.getText();
          case "recordedAt" -> recordedAt = Instant.parse(parser.getText());
          case "metadata" -> metadata = metadata(parser, value);
          case "data" -> payload = slice(parser, line);
          case "end" -> end = parser.getBooleanValue();
          case "events" -> events = parser.getLongValue();
          default -> parser.skipChildren();
        }
      }
    } catch (RuntimeException e) {
      throw new IOException("a line of the event log cannot be read: " + e, e);
    }
    if (end) {
      return new Read(true, events, null, "");
    }
    if (id == null
        || context == null
        || stream == null
        || version < 1
        || type == null
        || key == null
        || recordedAt == null
        || payload == null) {
      throw new IOException("a line of the event log lacks a field");
    }
    return new Read(
        false,
        0,
        new RecordedEvent(context, stream, version, type, key, recordedAt, metadata, payload),
        id);
  }

  private EventMetadata metadata(JsonParser parser, JsonToken first) throws IOException {
    if (first == JsonToken.START_OBJECT) {
      return metadataReader.readValue(parser);
    }
    parser.skipChildren();
    return NONE;
  }

  private static byte[] slice(JsonParser parser, byte[] line) throws IOException {
    int from = (int) parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    // Of a string, say, nothing was read yet but its beginning.
    parser.finishToken();
    int to = (int) parser.currentLocation().getByteOffset();
    return Arrays.copyOfRange(line, from, to);
  }
}
