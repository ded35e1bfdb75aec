package io.headrace.events.platform;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An event as it stands in the log and on Kafka, its payload still in wire form.
 *
 * @param context the context whose topic carries it
 * @param streamId for example {@code order-4711}
 * @param streamVersion from 1, without gaps
 * @param type the wire name
 * @param partitionKey the Kafka key
 * @param recordedAt when it was appended, by the clock of the service that appended it
 * @param payload UTF-8 JSON; not copied, not to be changed
 */
public record RecordedEvent(
    String context,
    String streamId,
    long streamVersion,
    String type,
    String partitionKey,
    Instant recordedAt,
    EventMetadata metadata,
    byte[] payload) {

  /** {@code <stream id>@<stream version>}. */
  public String id() {
    return id(streamId, streamVersion);
  }

  public static String id(String streamId, long streamVersion) {
    return streamId + "@" + streamVersion;
  }

  /**
   * Reads a Kafka record.
   *
   * @param header the last value of a header of that name, or null
   * @throws UndecodableEventException if there is no payload, or a header that every event has is
   *     missing or malformed; so is the id of a stream that no index could hold
   */
  public static RecordedEvent fromKafka(
      String partitionKey, Function<String, byte @Nullable []> header, byte @Nullable [] payload) {
    if (payload == null) {
      throw new UndecodableEventException("the record has no value", null);
    }
    String source = required(header, Headers.SOURCE);
    if (!source.startsWith(Headers.SOURCE_PREFIX)) {
      throw malformed(Headers.SOURCE, source, null);
    }
    return new RecordedEvent(
        source.substring(Headers.SOURCE_PREFIX.length()),
        streamId(required(header, Headers.SUBJECT)),
        streamVersion(required(header, Headers.STREAM_VERSION)),
        required(header, Headers.TYPE),
        partitionKey,
        time(required(header, Headers.TIME)),
        new EventMetadata(
            optional(header, Headers.CORRELATION_ID),
            optional(header, Headers.CAUSATION_ID),
            optional(header, Headers.TENANT),
            optional(header, Headers.TRACEPARENT)),
        payload);
  }

  /** Who takes events keeps for each stream up to which version, by its id. */
  private static String streamId(String text) {
    if (!IndexableText.isIndexable(text)) {
      throw malformed(Headers.SUBJECT, IndexableText.of(text), null);
    }
    return text;
  }

  private static long streamVersion(String text) {
    try {
      long version = Long.parseLong(text);
      if (version >= 1) {
        return version;
      }
    } catch (NumberFormatException e) {
      throw malformed(Headers.STREAM_VERSION, text, e);
    }
    throw malformed(Headers.STREAM_VERSION, text, null);
  }

  private static Instant time(String text) {
    try {
      return Instant.parse(text);
    } catch (DateTimeException e) {
      throw malformed(Headers.TIME, text, e);
    }
  }

  private static String required(Function<String, byte @Nullable []> header, String name) {
    String value = optional(header, name);
    if (value == null) {
      throw new UndecodableEventException("the header " + name + " is missing", null);
    }
    return value;
  }

  private static @Nullable String optional(
      Function<String, byte @Nullable []> header, String name) {
    byte[] value = header.apply(name);
    return value == null ? null : new String(value, StandardCharsets.UTF_8);
  }

  private static UndecodableEventException malformed(
      String name, String value, @Nullable Exception cause) {
    return new UndecodableEventException(
        "the header %s has the malformed value '%s'".formatted(name, value), cause);
  }
}
