package io.headrace.projection.platform.engine;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.Headers;
import io.headrace.events.platform.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** An event as the relay publishes it. */
public record Published(
    String topic,
    String key,
    Map<String, String> headers,
    byte[] payload,
    String streamId,
    long version) {

  static final Instant RECORDED_AT = Instant.parse("2018-01-01T00:00:00Z");

  public static Published of(
      EventCatalogue catalogue, String streamId, long version, DomainEvent event) {
    var encoded = catalogue.encode(event);
    return of(
        encoded.context(),
        streamId,
        version,
        encoded.type(),
        event.partitionKey(),
        encoded.payload());
  }

  public static Published of(
      String context, String streamId, long version, String type, String key, byte[] payload) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(Headers.ID, streamId + "@" + version);
    headers.put(Headers.SOURCE, Headers.SOURCE_PREFIX + context);
    headers.put(Headers.SPEC_VERSION, "1.0");
    headers.put(Headers.TYPE, type);
    headers.put(Headers.SUBJECT, streamId);
    headers.put(Headers.TIME, RECORDED_AT.plusMillis(version).toString());
    headers.put(Headers.STREAM_VERSION, Long.toString(version));
    return new Published(Topics.of(context), key, headers, payload, streamId, version);
  }

  public RecordHeaders kafkaHeaders() {
    RecordHeaders result = new RecordHeaders();
    headers.forEach((name, value) -> result.add(name, value.getBytes(StandardCharsets.UTF_8)));
    return result;
  }

  public ConsumerRecord<byte[], byte[]> at(int partition, long offset) {
    return new ConsumerRecord<>(
        topic,
        partition,
        offset,
        0,
        TimestampType.CREATE_TIME,
        -1,
        -1,
        key.getBytes(StandardCharsets.UTF_8),
        payload,
        kafkaHeaders(),
        Optional.empty());
  }
}
