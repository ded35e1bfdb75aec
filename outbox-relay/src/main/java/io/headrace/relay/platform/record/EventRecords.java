package io.headrace.relay.platform.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Topics;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Makes the Kafka record of a row: CloudEvents 1.0 in binary content mode. The payload goes through
 * as it is, the metadata becomes headers of their own names; nothing here knows a context. For one
 * thread.
 */
public final class EventRecords {

  private static final JsonFactory JSON = new JsonFactory();
  private static final byte[] SPEC_VERSION = "1.0".getBytes(UTF_8);
  private static final byte[] CONTENT_TYPE = "application/json".getBytes(UTF_8);

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

  /** The same few texts come with every event. Bounded by the contexts and types there are. */
  private final Map<String, byte[]> constants = new HashMap<>();

  private final Map<String, String> topics = new HashMap<>();

  /**
   * @throws UnrelayableEventException if the row is no event
   */
  public OutgoingEvent of(LogRow row) {
    String id = row.id();
    RecordHeaders headers = new RecordHeaders();
    headers.add(Headers.ID, id.getBytes(UTF_8));
    headers.add(Headers.SOURCE, constant(Headers.SOURCE_PREFIX, row.context()));
    headers.add(Headers.SPEC_VERSION, SPEC_VERSION);
    headers.add(Headers.TYPE, constant("", row.type()));
    headers.add(Headers.SUBJECT, row.streamId().getBytes(UTF_8));
    headers.add(Headers.TIME, time(row.recordedAt()).getBytes(UTF_8));
    headers.add(Headers.DATA_SCHEMA, constant(Headers.SCHEMA_URN_PREFIX, row.type()));
    headers.add(Headers.STREAM_VERSION, Long.toString(row.streamVersion()).getBytes(UTF_8));
    headers.add(Headers.CONTENT_TYPE, CONTENT_TYPE);
    addMetadata(row, headers);
    return new OutgoingEvent(
        row.lsn(),
        id,
        row.context(),
        row.recordedAt(),
        new ProducerRecord<>(
            topic(row),
            null,
            row.partitionKey().getBytes(UTF_8),
            row.payload().getBytes(UTF_8),
            headers));
  }

  private String topic(LogRow row) {
    String known = topics.get(row.context());
    if (known != null) {
      return known;
    }
    // Kafka's own rule is wider; a name outside of this one is a mistake in the row.
    if (!row.context().matches("[a-z][a-z0-9]{0,99}")) {
      throw row.unrelayable("'" + row.context() + "' is no name of a context", null);
    }
    String topic = Topics.of(row.context());
    topics.put(row.context(), topic);
    return topic;
  }

  private byte[] constant(String prefix, String text) {
    String key = prefix + text;
    byte[] known = constants.get(key);
    if (known == null) {
      known = key.getBytes(UTF_8);
      constants.put(key, known);
    }
    return known;
  }

  private static String time(long micros) {
    return Instant.ofEpochSecond(
            Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L)
        .toString();
  }

  private static void addMetadata(LogRow row, RecordHeaders headers) {
    try (JsonParser json = JSON.createParser(row.metadata())) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw row.unrelayable("its metadata is no JSON object", null);
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken value = json.nextToken();
        if (RESERVED.contains(name)) {
          throw row.unrelayable("its metadata names the header " + name, null);
        }
        if (value == JsonToken.VALUE_STRING) {
          headers.add(name, json.getText().getBytes(UTF_8));
        } else if (value != JsonToken.VALUE_NULL) {
          throw row.unrelayable("its metadata has no text at " + name, null);
        }
      }
    } catch (IOException e) {
      // The parser's message may quote the text.
      throw row.unrelayable("its metadata is no JSON object", null);
    }
  }
}
