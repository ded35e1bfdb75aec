package io.headrace.relay.platform.record;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventRecordsTest {

  private final EventRecords records = new EventRecords();

  @Test
  void a_row_becomes_a_cloud_event_in_binary_mode() {
    ProducerRecord<byte[], byte[]> record =
        records.of(row("ordering", "{\"traceparent\":\"00-a-b-01\",\"ce_tenant\":null}")).record();

    assertThat(record.topic()).isEqualTo("ordering.events");
    assertThat(new String(record.key(), UTF_8)).isEqualTo("order-1");
    assertThat(new String(record.value(), UTF_8)).isEqualTo("{ \"ä\" :1}");
    assertThat(record.partition()).isNull();
    Map<String, String> headers = new LinkedHashMap<>();
    record.headers().forEach(h -> headers.put(h.key(), new String(h.value(), UTF_8)));
    assertThat(headers)
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "ce_id", "payment-7@3",
                "ce_source", "/headrace/ordering",
                "ce_specversion", "1.0",
                "ce_type", "ordering.Paid.v1",
                "ce_subject", "payment-7",
                "ce_time", "2018-01-02T03:04:05.000006Z",
                "ce_dataschema", "urn:headrace:schema:ordering.Paid.v1",
                "ce_streamversion", "3",
                "content-type", "application/json",
                "traceparent", "00-a-b-01"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null",
        "{",
        "{\"a\":1}",
        "{\"a\":{}}",
        "{\"a\":[]}",
        "{\"ce_id\":\"forged\"}",
        "{\"content-type\":\"text/plain\"}"
      })
  void metadata_that_is_no_flat_object_of_strings_is_refused_by_name_of_the_event(String metadata) {
    assertThatThrownBy(() -> records.of(row("ordering", metadata)))
        .isInstanceOf(UnrelayableEventException.class)
        .hasMessageContaining("payment-7@3")
        .hasMessageContaining("0/10");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Ordering", "a.b", "../x", "ordering "})
  void a_context_that_makes_no_topic_is_refused(String context) {
    assertThatThrownBy(() -> records.of(row(context, "{}")))
        .isInstanceOf(UnrelayableEventException.class)
        .hasMessageContaining("no name of a context");
  }

  private static LogRow row(String context, String metadata) {
    return new LogRow(
        16,
        "payment-7",
        3,
        context,
        "ordering.Paid.v1",
        "order-1",
        1_514_862_245_000_006L,
        metadata,
        "{ \"ä\" :1}");
  }
}
