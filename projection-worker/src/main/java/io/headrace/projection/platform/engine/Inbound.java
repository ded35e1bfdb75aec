package io.headrace.projection.platform.engine;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.Headers;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.events.platform.UndecodableEventException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka record, or an event of the log, read as far as it could be.
 *
 * @param offset of an event of the log: -1
 * @param kafka null for an event of the log
 * @param recorded null if the record is no event: {@code defect} says why
 * @param event null if the type is unknown here, which is no defect, or if it could not be decoded
 * @param defect null if there is none
 */
record Inbound(
    TopicPartition source,
    long offset,
    @Nullable ConsumerRecord<byte[], byte[]> kafka,
    @Nullable RecordedEvent recorded,
    @Nullable DomainEvent event,
    @Nullable String defect) {

  static Inbound of(ConsumerRecord<byte[], byte[]> raw, EventCatalogue catalogue) {
    TopicPartition source = new TopicPartition(raw.topic(), raw.partition());
    RecordedEvent recorded;
    try {
      recorded = envelope(raw);
    } catch (UndecodableEventException e) {
      return new Inbound(source, raw.offset(), raw, null, null, describe(e));
    }
    try {
      DomainEvent event = catalogue.decode(recorded.type(), recorded.payload()).orElse(null);
      return new Inbound(source, raw.offset(), raw, recorded, event, null);
    } catch (RuntimeException e) {
      return new Inbound(source, raw.offset(), raw, recorded, null, describe(e));
    }
  }

  /** An event as the command service hands it out. */
  static Inbound logged(
      RecordedEvent recorded, TopicPartition source, long offset, EventCatalogue catalogue) {
    try {
      DomainEvent event = catalogue.decode(recorded.type(), recorded.payload()).orElse(null);
      return new Inbound(source, offset, null, recorded, event, null);
    } catch (RuntimeException e) {
      return new Inbound(source, offset, null, recorded, null, describe(e));
    }
  }

  /** As it came from Kafka, or as the relay would have published it. */
  ConsumerRecord<byte[], byte[]> raw() {
    if (kafka != null) {
      return kafka;
    }
    RecordedEvent event = Objects.requireNonNull(recorded);
    RecordHeaders headers = new RecordHeaders();
    add(headers, Headers.ID, event.id());
    add(headers, Headers.SOURCE, Headers.SOURCE_PREFIX + event.context());
    add(headers, Headers.SPEC_VERSION, "1.0");
    add(headers, Headers.TYPE, event.type());
    add(headers, Headers.SUBJECT, event.streamId());
    add(headers, Headers.TIME, event.recordedAt().toString());
    add(headers, Headers.DATA_SCHEMA, Headers.SCHEMA_URN_PREFIX + event.type());
    add(headers, Headers.CONTENT_TYPE, "application/json");
    add(headers, Headers.STREAM_VERSION, Long.toString(event.streamVersion()));
    add(headers, Headers.CORRELATION_ID, event.metadata().correlationId());
    add(headers, Headers.CAUSATION_ID, event.metadata().causationId());
    add(headers, Headers.TENANT, event.metadata().tenant());
    add(headers, Headers.TRACEPARENT, event.metadata().traceparent());
    return record(
        source,
        offset,
        event.partitionKey().getBytes(StandardCharsets.UTF_8),
        headers,
        event.payload());
  }

  static ConsumerRecord<byte[], byte[]> record(
      TopicPartition source,
      long offset,
      byte @Nullable [] key,
      RecordHeaders headers,
      byte @Nullable [] value) {
    return new ConsumerRecord<>(
        source.topic(),
        source.partition(),
        offset,
        ConsumerRecord.NO_TIMESTAMP,
        TimestampType.NO_TIMESTAMP_TYPE,
        ConsumerRecord.NULL_SIZE,
        ConsumerRecord.NULL_SIZE,
        key,
        value,
        headers,
        Optional.empty());
  }

  private static void add(RecordHeaders headers, String name, @Nullable String value) {
    if (value != null) {
      headers.add(name, value.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static RecordedEvent envelope(ConsumerRecord<byte[], byte[]> raw) {
    return RecordedEvent.fromKafka(
        raw.key() == null ? "" : new String(raw.key(), StandardCharsets.UTF_8),
        name -> {
          Header header = raw.headers().lastHeader(name);
          return header == null ? null : header.value();
        },
        raw.value());
  }

  /** An exception as one line, with its causes: what an operator reads of a parked event. */
  static String describe(Throwable failure) {
    StringBuilder text = new StringBuilder();
    int depth = 0;
    for (Throwable t = failure; t != null && depth < 5; t = t.getCause(), depth++) {
      text.append(depth == 0 ? "" : "; caused by ").append(t);
    }
    String line = text.toString().replace('\0', '\uFFFD');
    return line.length() <= 2_000 ? line : line.substring(0, 2_000) + "…";
  }

  /** How this record is named where it is parked by itself, as no stream is known. */
  String address() {
    return source + "@" + offset;
  }
}
