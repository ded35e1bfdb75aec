package io.headrace.projection.platform.engine;

import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventCatalogue;
import io.headrace.events.platform.RecordedEvent;
import io.headrace.events.platform.UndecodableEventException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka record, read as far as it could be.
 *
 * @param recorded null if the record is no event: {@code defect} says why
 * @param event null if the type is unknown here, which is no defect, or if it could not be decoded
 * @param defect null if there is none
 */
record Inbound(
    TopicPartition source,
    long offset,
    ConsumerRecord<byte[], byte[]> raw,
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

  private static RecordedEvent envelope(ConsumerRecord<byte[], byte[]> raw) {
    if (raw.value() == null) {
      throw new UndecodableEventException("the record has no value", null);
    }
    RecordedEvent recorded =
        RecordedEvent.fromKafka(
            raw.key() == null ? "" : new String(raw.key(), StandardCharsets.UTF_8),
            name -> {
              Header header = raw.headers().lastHeader(name);
              return header == null ? null : header.value();
            },
            raw.value());
    // PostgreSQL's text cannot hold it, and progress is kept by stream id.
    if (recorded.streamId().indexOf('\0') >= 0) {
      throw new UndecodableEventException("the stream id holds a NUL character", null);
    }
    if (recorded.streamVersion() < 1) {
      throw new UndecodableEventException("a stream's versions start at 1", null);
    }
    return recorded;
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
