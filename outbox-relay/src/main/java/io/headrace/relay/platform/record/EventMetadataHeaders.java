package io.headrace.relay.platform.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.headrace.events.platform.Headers;
import java.io.IOException;
import java.util.Set;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * The row's metadata, a flat JSON object of strings, as headers of their own names. What the
 * command service writes needs no JSON parser: no escapes, no spaces. Anything else goes through
 * one.
 */
final class EventMetadataHeaders {

  private static final JsonFactory JSON = new JsonFactory();

  /** What the row's columns say, its metadata cannot say otherwise. */
  private static final Set<String> RESERVED =
      Set.of(
          Headers.ID,
          Headers.SOURCE,
          Headers.SPEC_VERSION,
          Headers.TYPE,
          Headers.SUBJECT,
          Headers.TIME,
          Headers.DATA_SCHEMA,
          Headers.STREAM_VERSION,
          Headers.CONTENT_TYPE);

  private EventMetadataHeaders() {}

  static void add(LogRow row, RecordHeaders headers) {
    String metadata = row.metadata();
    if (!isPlain(metadata)) {
      parse(row, headers);
      return;
    }
    int at = 1;
    while (at < metadata.length() - 1) {
      int nameEnd = metadata.indexOf('"', at + 1);
      int valueEnd = metadata.indexOf('"', nameEnd + 3);
      add(
          row,
          headers,
          metadata.substring(at + 1, nameEnd),
          metadata.substring(nameEnd + 3, valueEnd));
      at = valueEnd + 2;
    }
  }

  /** Whether it is exactly {@code {"name":"value","name":"value"}}, without escapes. */
  private static boolean isPlain(String text) {
    int end = text.length() - 1;
    if (end < 1 || text.charAt(0) != '{' || text.charAt(end) != '}') {
      return false;
    }
    int at = 1;
    while (at < end) {
      at = afterString(text, at);
      if (at < 0 || at >= end || text.charAt(at) != ':') {
        return false;
      }
      at = afterString(text, at + 1);
      if (at < 0 || at > end) {
        return false;
      }
      if (at < end) {
        // A comma must be followed by another field.
        if (text.charAt(at) != ',' || at + 1 >= end) {
          return false;
        }
        at++;
      }
    }
    return true;
  }

  /** Behind the string that begins here; negative if there is none, or one that needs a parser. */
  private static int afterString(String text, int from) {
    if (from >= text.length() || text.charAt(from) != '"') {
      return -1;
    }
    for (int i = from + 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        return i + 1;
      }
      if (c == '\\' || c < ' ') {
        return -1;
      }
    }
    return -1;
  }

  private static void parse(LogRow row, RecordHeaders headers) {
    try (JsonParser json = JSON.createParser(row.metadata())) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw row.unrelayable("its metadata is no JSON object", null);
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (value == JsonToken.VALUE_STRING) {
          add(row, headers, name, json.getText());
        } else if (value != JsonToken.VALUE_NULL) {
          throw row.unrelayable("its metadata has no text at " + name, null);
        }
      }
    } catch (IOException e) {
      // The parser's message may quote the text.
      throw row.unrelayable("its metadata is no JSON object", null);
    }
  }

  private static void add(LogRow row, RecordHeaders headers, String name, String value) {
    if (RESERVED.contains(name)) {
      throw row.unrelayable("its metadata names the header " + name, null);
    }
    headers.add(new RecordHeader(name, value.getBytes(UTF_8)));
  }
}
