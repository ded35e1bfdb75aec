package io.headrace.command.platform.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.headrace.events.platform.DomainEvent;
import io.headrace.events.platform.EventJson;
import io.headrace.events.platform.IndexableText;
import io.headrace.events.platform.RecordedEvent;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * A Kafka record and what could be read of it.
 *
 * @param recorded null if its headers are not those of an event
 * @param event null if its type is unknown here, or it could not be read
 * @param fault why it could not be read; null if it could, or if its type is unknown
 */
record ReceivedEvent(
    ConsumerRecord<String, byte[]> record,
    @Nullable RecordedEvent recorded,
    @Nullable DomainEvent event,
    @Nullable String fault) {

  /** What names it in the log and in the parked table. */
  String reference() {
    return recorded != null
        ? recorded.id()
        : record.topic() + "-" + record.partition() + "@" + record.offset();
  }

  String partitionKey() {
    return record.key() == null ? "" : IndexableText.of(record.key());
  }

  String headersAsJson() {
    Map<String, String> headers = new TreeMap<>();
    for (Header header : record.headers()) {
      headers.put(
          header.key(),
          header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8));
    }
    try {
      return EventJson.mapper().writeValueAsString(headers);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of strings is always JSON", e);
    }
  }
}
