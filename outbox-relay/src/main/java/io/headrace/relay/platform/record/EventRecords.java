package io.headrace.relay.platform.record;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Topics;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Makes the Kafka record of a row: CloudEvents 1.0 in binary content mode. The payload goes through
 * as it is, the metadata becomes headers of their own names; nothing here knows a context. For one
 * thread.
 */
public final class EventRecords {

  private static final Header SPEC_VERSION = header(Headers.SPEC_VERSION, "1.0");
  private static final Header CONTENT_TYPE = header(Headers.CONTENT_TYPE, "application/json");

  /** The same few come with every event. Bounded by the contexts and types there are. */
  private final Map<String, Context> contexts = new HashMap<>();

  private final Map<String, Type> types = new HashMap<>();
  private final EventTime time = new EventTime();

  private record Context(String topic, Header source) {}

  private record Type(Header type, Header schema) {}

  /**
   * @throws UnrelayableEventException if the row is no event
   */
  public OutgoingEvent of(LogRow row) {
    Context context = context(row);
    Type type = type(row.type());
    String id = row.id();
    RecordHeaders headers = new RecordHeaders();
    headers.add(header(Headers.ID, id));
    headers.add(context.source);
    headers.add(SPEC_VERSION);
    headers.add(type.type);
    headers.add(header(Headers.SUBJECT, row.streamId()));
    headers.add(header(Headers.TIME, time.text(row.recordedAt())));
    headers.add(type.schema);
    headers.add(header(Headers.STREAM_VERSION, Long.toString(row.streamVersion())));
    headers.add(CONTENT_TYPE);
    EventMetadataHeaders.add(row, headers);
    return new OutgoingEvent(
        row.lsn(),
        id,
        row.context(),
        row.recordedAt(),
        new ProducerRecord<>(
            context.topic,
            null,
            row.partitionKey().getBytes(UTF_8),
            row.payload().getBytes(UTF_8),
            headers));
  }

  private Context context(LogRow row) {
    Context known = contexts.get(row.context());
    if (known != null) {
      return known;
    }
    // Kafka's own rule is wider; a name outside of this one is a mistake in the row.
    if (!row.context().matches("[a-z][a-z0-9]{0,99}")) {
      throw row.unrelayable("'" + row.context() + "' is no name of a context", null);
    }
    Context context =
        new Context(
            Topics.of(row.context()),
            header(Headers.SOURCE, Headers.SOURCE_PREFIX + row.context()));
    contexts.put(row.context(), context);
    return context;
  }

  private Type type(String name) {
    return types.computeIfAbsent(
        name,
        type ->
            new Type(
                header(Headers.TYPE, type),
                header(Headers.DATA_SCHEMA, Headers.SCHEMA_URN_PREFIX + type)));
  }

  static Header header(String name, String value) {
    return new RecordHeader(name, value.getBytes(UTF_8));
  }
}
