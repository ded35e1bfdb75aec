package io.headrace.events.platform;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which versions of which streams a commit of the projection worker has brought a view to, as the
 * payload of a notification: a line with the view and its generation, and then JSON, an array of
 * streams each followed by its version:
 *
 * <pre>
 * orders:1
 * ["order-4711",3,"payment-8",1]
 * </pre>
 *
 * <p>It is sent on a channel of its own, in the worker's transaction and right before the message
 * {@code orders:1} on the channel that there was before. PostgreSQL delivers the messages of a
 * transaction in the order in which they were sent, and one transaction's after another's (<a
 * href="https://www.postgresql.org/docs/18/sql-notify.html">PostgreSQL, NOTIFY</a>): so who gets
 * this one gets the other next, and who knows that one alone is told all the same.
 *
 * <p>An array and not an object, because the names of an object's fields are kept by parsers to be
 * met again, and these never are.
 */
public final class ViewStreams {

  public static final String CHANNEL = "headrace_view_streams";

  /** PostgreSQL takes less than 8,000 bytes. */
  static final int MAX_BYTES = 7_999;

  /** A stream of one character, its version of one digit, quotes and commas. */
  private static final int MIN_BYTES_OF_ONE = 6;

  private ViewStreams() {}

  /**
   * The payload; absent if it is too long for a notification.
   *
   * @param versions all that the commit has moved; may be empty
   */
  public static Optional<String> encode(String view, int generation, Map<String, Long> versions) {
    if (versions.size() > MAX_BYTES / MIN_BYTES_OF_ONE) {
      return Optional.empty();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(head(view, generation).getBytes(StandardCharsets.UTF_8));
    try (JsonGenerator json = EventJson.mapper().createGenerator(bytes)) {
      json.writeStartArray();
      for (Map.Entry<String, Long> each : versions.entrySet()) {
        json.writeString(each.getKey());
        json.writeNumber(each.getValue());
      }
      json.writeEndArray();
    } catch (IOException e) {
      return Optional.empty(); // Half of a surrogate pair, which is no text.
    }
    return bytes.size() > MAX_BYTES
        ? Optional.empty()
        : Optional.of(bytes.toString(StandardCharsets.UTF_8));
  }

  /**
   * The versions by stream; absent if this is no such payload, or is one of another view or
   * generation.
   */
  public static Optional<Map<String, Long>> decode(String payload, String view, int generation) {
    String head = head(view, generation);
    if (!payload.startsWith(head)) {
      return Optional.empty();
    }
    Map<String, Long> versions = new HashMap<>();
    try (JsonParser json = EventJson.mapper().createParser(payload.substring(head.length()))) {
      if (json.nextToken() != JsonToken.START_ARRAY) {
        return Optional.empty();
      }
      while (json.nextToken() == JsonToken.VALUE_STRING) {
        String stream = json.getText();
        if (json.nextToken() != JsonToken.VALUE_NUMBER_INT) {
          return Optional.empty();
        }
        versions.put(stream, json.getLongValue());
      }
      return json.currentToken() == JsonToken.END_ARRAY && json.nextToken() == null
          ? Optional.of(Map.copyOf(versions))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String head(String view, int generation) {
    return view + ':' + generation + '\n';
  }
}
